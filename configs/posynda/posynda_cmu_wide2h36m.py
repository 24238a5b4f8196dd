# Stage 2 of source_cmu_wide2h36m.py.
_base_ = ['./posynda_cmu2h36m.py']
model = dict(
    backbone=dict(checkpoint='work_dirs/source_cmu_wide2h36m/iter_6000.pth'))
train_dataloader = dict(dataset=dict(source=dict(zoom=.6)))
