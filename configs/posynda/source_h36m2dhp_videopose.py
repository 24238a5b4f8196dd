# Stage 1 with VideoPose3D's convolutions as denoiser, at a small width.
_base_ = ['./source_h36m2dhp.py']
model = dict(
    backbone=dict(
        denoiser=dict(
            _delete_=True,
            type='VideoPoseDenoiser',
            num_frames=27,
            channels=128,
            time_dims=64)))
