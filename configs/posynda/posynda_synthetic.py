# Stage 2, the embedded synthetic persons, source to target, at a size for two
# CPU cores. No data needed.
_base_ = [
    '../_base_/models/posynda_small.py',
    '../_base_/datasets/synthetic_lifting.py'
]
model = dict(
    backbone=dict(checkpoint='work_dirs/source_synthetic/iter_6000.pth'))
train_dataloader = dict(
    batch_size=32, dataset=dict(_delete_=True, **_base_.pair))
