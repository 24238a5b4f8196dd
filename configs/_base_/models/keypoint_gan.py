# KeypointGAN at 64 px and half the published width, for CPUs. The published
# network: width=32 (discriminator 64, three scales) at 128 px.
_base_ = ['../runtime.py', './beta_64.py']
size, max_iters = 64, 4000
# what MMPose's inferencer asks for: one person at a time, found by the
# detector of COCO's persons unless another is named
data_mode, dataset_type = 'topdown', 'CocoDataset'
model = dict(
    type='KeypointGAN',
    data_preprocessor=dict(type='ImagePairPreprocessor'),
    backbone=dict(type='ImageToSkeleton', width=16),
    decoder=dict(type='ConditionalDecoder', width=16),
    discriminator=dict(
        type='MultiScalePatchDiscriminator', width=32, num_scales=2),
    alpha=dict(_base_.beta_canvas, type='SkeletonPreprocessor'),
    gamma=dict(
        type='PlainVGGFeatures',
        weights='random',
        width=16,
        layers=('image', 'conv1_2', 'conv2_2', 'conv3_2')),
    left_right=dict(type='NearestPoseResolver'),
    autocast='bfloat16',
    channels_last=True)
model_wrapper_cfg = dict(
    type='MMSeparateDistributedDataParallel',
    broadcast_buffers=False,
    find_unused_parameters=True)
# published: lr 2e-4, constant, for hundreds of thousands of iterations
adam = dict(
    optimizer=dict(type='Adam', lr=5e-4, betas=(0.5, 0.999), fused=True),
    clip_grad=dict(max_norm=1.))
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor',
    generator=dict(modules=['backbone', 'decoder'], **adam),
    discriminator=adam)
# settles the game; a running average of the weights does not: that of 500
# steps has four times the error of the weights themselves
param_scheduler = dict(
    type='LinearLR',
    start_factor=1.,
    end_factor=0.02,
    begin=max_iters // 2,
    end=max_iters,
    by_epoch=False)
# box jitter of the crops; PoseBankHook moves the poses alike
crop = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=(size, size))
]
jittered_crop = [
    *crop[:2],
    dict(
        type='RandomBBoxTransform',
        shift_factor=0.04,
        shift_prob=1.,
        scale_factor=(0.9, 1.1),
        scale_prob=1.,
        rotate_prob=0.), crop[2]
]
test_pipeline = [*crop, dict(type='PackPoseInputs')]
jitter = dict(shift=0.08, scale=0.1)
hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='SampleGridHook', interval=500, num_samples=12, ncol=6)
]
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=500)
val_evaluator = dict(type='KeypointError')
test_evaluator = val_evaluator
