# Adversarial training of the source prior (fact sheet, section 2).
_base_ = ['../runtime.py']
model = dict(
    type='SkeletonGAN',
    r1_weight=5.,
    r1_interval=16,
    ema_momentum=0.002,
    autocast='bfloat16',
    channels_last=True)
model_wrapper_cfg = dict(
    type='MMSeparateDistributedDataParallel',
    broadcast_buffers=False,
    find_unused_parameters=True)
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor',
    generator=dict(
        optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99), eps=1e-8)),
    discriminator=dict(
        optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99), eps=1e-8)))
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='InfiniteSampler', shuffle=True))
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=100000,
    val_interval=2000)
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='LatentCodeDataset', size=2000))
test_dataloader = val_dataloader
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='SampleGridHook', interval=1000)
]
