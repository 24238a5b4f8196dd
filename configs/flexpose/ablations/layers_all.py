# Table 4, row 4: all layers.
_base_ = ['../adapt_mpii2h36m_30shot.py']
model = dict(tau_layers='all')
