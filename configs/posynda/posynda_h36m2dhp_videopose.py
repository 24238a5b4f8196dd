# Stage 2 of source_h36m2dhp_videopose.py; LoRA is on the convolutions.
_base_ = ['./posynda_h36m2dhp.py']
model = dict(
    backbone=dict(
        checkpoint='work_dirs/source_h36m2dhp_videopose/iter_3000.pth',
        denoiser=dict(
            _delete_=True,
            type='VideoPoseDenoiser',
            num_frames=27,
            channels=128,
            time_dims=64)))
