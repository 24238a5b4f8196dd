# Distils a pose flow into a generator; see models/gans/warm_start.py.
_base_ = ['../runtime.py']
mapping_iters, decay_from, max_iters = 6000, 12500, 18000
model = dict(
    type='PriorWarmStart',
    mapping_iters=mapping_iters,
    images_per_scale={
        16: 64000,
        32: 128000,
        64: 10**9
    },
    batch_size=32,
    autocast='bfloat16',
    channels_last=True)
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=False),
    dataset=dict(type='LatentCodeDataset', size=1))
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor',
    mapping=dict(
        modules=['generator.style_mapping'],
        # lr_mlp=0.01 divides the steps of f by as much
        optimizer=dict(type='Adam', lr=1e-1)),
    synthesis=dict(
        modules=['generator'],
        optimizer=dict(type='Adam', lr=4e-3, betas=(0.9, 0.99))))
param_scheduler = dict(
    mapping=[
        dict(
            type='CosineAnnealingLR',
            T_max=mapping_iters,
            end=mapping_iters,
            eta_min=1e-3,
            by_epoch=False)
    ],
    synthesis=[
        dict(
            type='CosineAnnealingLR',
            # at full lr until the last scale has faded in
            T_max=max_iters - decay_from,
            begin=decay_from,
            end=max_iters,
            eta_min=1e-4,
            by_epoch=False)
    ])
train_cfg = dict(
    _delete_=True, type='IterBasedTrainLoop', max_iters=max_iters)
val_cfg = val_dataloader = val_evaluator = None
test_cfg = test_dataloader = test_evaluator = None
