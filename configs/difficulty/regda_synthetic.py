# RegDA on the embedded images at a size for two CPU cores.
_base_ = [
    '../_base_/models/regda.py', '../_base_/datasets/synthetic_pair.py'
]
pretrain_iters, max_iters = 1500, 3000
codec = dict(input_size=(128, 128), heatmap_size=(32, 32), sigma=1.5)
branch = dict(in_channels=64, out_channels=15, decoder=codec)
regressor = dict(conv_out_channels=(64, ))
model = dict(
    pretrain_iters=pretrain_iters,
    sigma=1.5,
    backbone=dict(depth=18, base_channels=32, init_cfg=None),
    head=dict(
        in_channels=256,
        out_channels=15,
        deconv_out_channels=(64, 64, 64),
        decoder=codec,
        **regressor),
    head_adv=dict(branch, **regressor),
    pretrain_head=branch)
# without ImageNet weights the backbone learns as fast as the rest
optim_wrapper = dict(
    pretrain=dict(paramwise_cfg=dict(_delete_=True)))
decay = dict(delay=pretrain_iters)
param_scheduler = dict(
    pretrain=dict(milestones=[1000, 1300]),
    feature=decay,
    head=decay,
    head_adv=decay)
train_cfg = dict(max_iters=max_iters, val_interval=750)
