# The source prior at paper size: StyleGAN's own recipe with progressive
# growing ("short" schedule of the fact sheet). Needs a GPU.
_base_ = [
    '../_base_/models/skeleton_gan.py', '../_base_/models/stylegan_128.py',
    '../_base_/datasets/mpii_poses.py'
]
model = dict(
    generator=_base_.generator,
    discriminator=_base_.discriminator,
    data_preprocessor=_base_.data_preprocessor,
    ema_momentum=0.0022)
train_dataloader = dict(batch_size=32, dataset=_base_.source)
train_cfg = dict(max_iters=140000)
optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=1.5e-3)),
    discriminator=dict(optimizer=dict(lr=1.5e-3)))
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='SampleGridHook', interval=1000),
    dict(
        type='ProgressiveGrowingHook',
        nkimgs_per_scale={
            8: 300,
            16: 300,
            32: 300,
            64: 300,
            128: 3000
        },
        transition_kimgs=150)
]
val_dataloader = test_dataloader = None
val_cfg = val_evaluator = test_cfg = test_evaluator = None
