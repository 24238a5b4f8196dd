# RegDA on the embedded images at a size for two CPU cores.
_base_ = [
    '../_base_/models/regda.py', '../_base_/models/small_backbone.py',
    '../_base_/datasets/synthetic_pair.py'
]
pretrain_iters, max_iters = 2000, 3000
codec = dict(input_size=(64, 64), heatmap_size=(32, 32), sigma=1.5)
branch = dict(in_channels=32, out_channels=15, decoder=codec)
regressor = dict(conv_out_channels=(32, ))
model = dict(
    pretrain_iters=pretrain_iters,
    stride=2,
    sigma=1.5,
    warm_start_steps=65,  # of 1,000, where the paper has 1,000 of 15,000
    rotation=20.,  # at 64 px, in a fraction of the steps: milder views
    crop_area=(.9, 1.),
    autocast='bfloat16',
    channels_last=True,
    backbone=_base_.small_backbone,
    head=dict(
        in_channels=128,
        out_channels=15,
        deconv_out_channels=(64, 64, 32),
        decoder=codec,
        **regressor),
    head_adv=dict(branch, **regressor),
    pretrain_head=branch)
# without ImageNet weights the backbone learns as fast as the rest
optim_wrapper = dict(
    pretrain=dict(paramwise_cfg=dict(_delete_=True)))
# as far down as published
decay = dict(delay=pretrain_iters, gamma=1.5e-3)
param_scheduler = dict(
    pretrain=dict(milestones=[1250, 1700]),
    feature=decay,
    head=decay,
    head_adv=decay)
train_cfg = dict(max_iters=max_iters, val_interval=500)
