# MPII prior -> Human3.6M, 30 shots: the recommended adaptation.
_base_ = [
    './adapt_mpii2h36m_30shot.py', '../_base_/models/adapters/transport.py'
]
model = _base_.method
max_iters = 600
train_dataloader = dict(batch_size=32)
param_scheduler = dict(end=max_iters)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
