# The same method at a size for two CPU cores: 64 channels, 2 + 2 blocks,
# F = 27; 0.15 million parameters instead of 34.8.
_base_ = ['./mixste.py']
max_iters = 3000
model = dict(
    backbone=dict(
        denoiser=dict(num_frames=27, embed_dims=64, depth=2, num_heads=4)))
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=.01))
param_scheduler = dict(
    _delete_=True,
    type='LinearLR',
    start_factor=1.,
    end_factor=.02,
    end=max_iters,
    by_epoch=False)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
default_hooks = dict(checkpoint=dict(interval=500))
