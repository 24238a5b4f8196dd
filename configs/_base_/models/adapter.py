# One training configuration for FlexPose and its rivals: what differs between
# methods is `model.type` and its own fields.
_base_ = ['../runtime.py']
max_iters = 1000
model = dict(
    type='FlexPose',
    pairing='mix',
    anchor_codes='nearest_centered',
    seed=0,
    autocast='bfloat16',
    channels_last=True)
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=0.01, betas=(0.9, 0.999)))
param_scheduler = dict(
    type='LinearLR', start_factor=1., end_factor=.05, end=max_iters,
    by_epoch=False)
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=max_iters)
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True))
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='LatentCodeDataset', size=5000))
test_dataloader = val_dataloader
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='PrepareAdapterHook'),
    dict(type='SampleGridHook', interval=max_iters)
]
