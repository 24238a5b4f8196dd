# The demo without adaptation: what the source prior gives.
_base_ = [
    '../adapt_synthetic_12shot.py',
    '../../_base_/models/adapters/direct.py'
]
model = _base_.method
train_cfg = dict(max_iters=1, val_interval=1)
param_scheduler = None
