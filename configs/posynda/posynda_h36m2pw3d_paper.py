# Stage 2 at full size: Human3.6M to 3DPW, F = 27.
_base_ = [
    '../_base_/models/posynda.py',
    '../_base_/datasets/h36m2pw3d_lifting.py'
]
model = dict(
    backbone=dict(
        denoiser=dict(num_frames=27),
        checkpoint='work_dirs/source_h36m2dhp_paper/iter_1248000.pth'))
train_dataloader = dict(dataset=dict(_delete_=True, **_base_.pair))
