# MPII -> Human3.6M without adaptation: what the source prior gives.
_base_ = [
    '../adapt_mpii2h36m_30shot.py',
    '../../_base_/models/adapters/direct.py'
]
model = _base_.method
train_cfg = dict(max_iters=1, val_interval=1)
param_scheduler = None
