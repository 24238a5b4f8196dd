# UDAPE on the embedded images at a size for two CPU cores.
_base_ = [
    '../_base_/models/udape.py', '../_base_/models/small_backbone.py',
    '../_base_/datasets/synthetic_pair.py'
]
pretrain_iters, max_iters = 2000, 3000
codec = dict(input_size=(64, 64), heatmap_size=(32, 32), sigma=1.5)
model = dict(
    pretrain_iters=pretrain_iters,
    stride=2,
    sigma=1.5,
    # at 64 px, in a fraction of the steps: milder views
    rotation=30.,
    shear=10.,
    scale=(.75, 1.25),
    crop_area=(.85, 1.),
    alpha=.99,  # a mean over 100 steps where the paper has 15,000
    autocast='bfloat16',
    channels_last=True,
    backbone=_base_.small_backbone,
    head=dict(
        in_channels=128,
        out_channels=15,
        deconv_out_channels=(64, 64, 32),
        decoder=codec))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
# as published, the rate falls soon after adaptation has begun
param_scheduler = dict(milestones=[2150, 2650])
train_cfg = dict(max_iters=max_iters, val_interval=500)
