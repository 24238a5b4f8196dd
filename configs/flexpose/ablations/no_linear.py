# A residual MLP in the place of U_3.
_base_ = ['../adapt_mpii2h36m_30shot.py']
model = dict(type='NonlinearAdapter', tau_layers=(3, ))
