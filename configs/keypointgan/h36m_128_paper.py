# The published network, losses and optimisers at 128 px, for a GPU; video
# pairs are frames of one folder. Give the images by
#   --cfg-options train_dataloader.dataset.dataset.img_dir=FOLDER
#       train_dataloader.dataset.dataset.ann_file=BOXES.json
_base_ = [
    '../_base_/models/keypoint_gan.py', '../_base_/datasets/h36m_poses.py'
]
size, widths = 128, (32, 64, 128, 256)
model = dict(
    backbone=dict(width=32),
    decoder=dict(width=32),
    discriminator=dict(width=64, num_scales=3),
    head=dict(
        _base_.beta,
        size=size,
        backbone=dict(_base_.beta.backbone, widths=widths),
        head=dict(_base_.beta.head, in_channels=widths[-1])),
    alpha=dict(size=size, line_width=6.),
    gamma=dict(
        _delete_=True, type='PlainVGGFeatures', weights='imagenet'),
    finetune=dict(real=0.9, fake=0.1))
adam = dict(
    optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)),
    clip_grad=dict(max_norm=1.))
optim_wrapper = dict(
    generator=adam, discriminator=adam, regressor=adam)
param_scheduler = None
crop = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=(size, size))
]
custom_hooks = [
    *_base_.hooks,
    dict(type='PoseBankHook', poses=_base_.target, size=121000)
]
train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedPoseImageDataset',
        dataset=dict(
            type='PersonImageDataset', img_dir='data/h36m/images'),
        pairs='folder',
        pipeline=crop))
train_cfg = dict(max_iters=580000)
default_hooks = dict(checkpoint=dict(interval=5000))
val_dataloader = test_dataloader = None
val_cfg = val_evaluator = test_cfg = test_evaluator = None
