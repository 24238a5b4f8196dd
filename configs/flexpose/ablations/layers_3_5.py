# Table 4, row 3: layers 3 and 5.
_base_ = ['../adapt_mpii2h36m_30shot.py']
model = dict(tau_layers=(3, 5))
