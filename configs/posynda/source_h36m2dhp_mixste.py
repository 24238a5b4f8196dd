# Stage 1 with MixSTE, the published denoiser, at 64 channels and 2 + 2 blocks.
_base_ = ['./source_h36m2dhp.py', '../_base_/models/mixste_small.py']
model = dict(
    backbone=dict(denoiser=dict(_delete_=True, **_base_.mixste_small)))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
