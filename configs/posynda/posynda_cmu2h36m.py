# Stage 2, CMU motion capture to Human3.6M S5, S6, S7, at a size for two CPU
# cores.
_base_ = [
    '../_base_/models/posynda_small.py',
    '../_base_/datasets/cmu2h36m_lifting.py'
]
model = dict(
    backbone=dict(checkpoint='work_dirs/source_cmu2h36m/iter_6000.pth'))
train_dataloader = dict(
    batch_size=32, dataset=dict(_delete_=True, **_base_.pair))
