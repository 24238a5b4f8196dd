# Table 4, row 2: layers 1 and 3.
_base_ = ['../adapt_mpii2h36m_30shot.py']
model = dict(tau_layers=(1, 3))
