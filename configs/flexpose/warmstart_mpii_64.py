# Step 2 of the warm start: the flow's poses as skeleton images of 64 px.
_base_ = [
    '../_base_/models/warm_start.py', '../_base_/models/stylegan_64_small.py'
]
model = dict(
    generator=_base_.generator,
    data_preprocessor=_base_.data_preprocessor,
    teacher=dict(
        type='PoseFlow', checkpoint='work_dirs/flow_mpii/iter_3000.pth'))
