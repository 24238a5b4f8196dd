# Stage 2, Human3.6M to MPI-INF-3DHP TS6, at a size for two CPU cores.
_base_ = [
    '../_base_/models/posynda_small.py',
    '../_base_/datasets/h36m2dhp_lifting.py'
]
model = dict(
    backbone=dict(checkpoint='work_dirs/source_h36m2dhp/iter_6000.pth'))
train_dataloader = dict(
    batch_size=32, dataset=dict(_delete_=True, **_base_.pair))
