# The same method at a size for two CPU cores: VideoPose3D's convolutions of
# 256 channels over F = 9 frames, 0.38 million parameters.
_base_ = ['./mixste.py']
max_iters = 6000
model = dict(
    # judged as it is adapted: one step from noise
    test_cfg=dict(steps=1),
    backbone=dict(
        denoiser=dict(
            _delete_=True,
            type='VideoPoseDenoiser',
            num_frames=9,
            channels=256,
            filter_widths=(3, 3),
            dropout=0.,
            time_dims=64)))
optim_wrapper = dict(optimizer=dict(lr=3e-3, weight_decay=.01))
param_scheduler = dict(
    _delete_=True,
    type='LinearLR',
    start_factor=1.,
    end_factor=.02,
    end=max_iters,
    by_epoch=False)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
default_hooks = dict(checkpoint=dict(interval=1000))
