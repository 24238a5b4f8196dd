# FreezeD (Mo et al. 2020). With weights of a source discriminator, add
# discriminator=dict(checkpoint=...) of a SkeletonGAN; without, one is trained
# against the frozen source generator first (warmup_iters).
method = dict(
    type='FreezeD',
    trained_blocks=3,
    warmup_iters=500,
    r1_weight=5.,
    r1_interval=16,
    ema_momentum=0.001)
adam = dict(type='Adam', lr=0.002, betas=(0.0, 0.99), eps=1e-8)
method_optim = dict(
    constructor='MultiOptimWrapperConstructor',
    generator=dict(optimizer=adam),
    discriminator=dict(optimizer=adam))
model_wrapper_cfg = dict(
    type='MMSeparateDistributedDataParallel',
    broadcast_buffers=False,
    find_unused_parameters=True)
