# Step 2 of the warm start: the flow's poses as skeleton images of 32 px.
_base_ = [
    '../_base_/models/warm_start.py', '../_base_/models/stylegan_32_tiny.py'
]
model = dict(
    generator=_base_.generator,
    data_preprocessor=_base_.data_preprocessor,
    images_per_scale=dict(_delete_=True, **{'16': 96000, '32': 10**9}),
    teacher=dict(
        type='PoseFlow', checkpoint='work_dirs/flow_synthetic/iter_3000.pth'))
