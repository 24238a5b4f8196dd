# Stage 2, Human3.6M S1 to S5, S6, S7, at a size for two CPU cores.
_base_ = [
    '../_base_/models/posynda_small.py',
    '../_base_/datasets/h36m_s1_lifting.py'
]
model = dict(
    backbone=dict(checkpoint='work_dirs/source_h36m_s1/iter_6000.pth'))
train_dataloader = dict(
    batch_size=32, dataset=dict(_delete_=True, **_base_.pair))
