# Stage 1 with MixSTE, the published denoiser, at 64 channels and 2 + 2 blocks.
_base_ = ['./source_h36m2dhp.py']
model = dict(
    backbone=dict(
        denoiser=dict(
            _delete_=True,
            type='MixSTE',
            num_frames=9,
            embed_dims=64,
            depth=2,
            num_heads=4)))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
