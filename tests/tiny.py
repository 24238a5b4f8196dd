"""Networks and runs so small that one core trains them in a second."""
import itertools

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.registry import MODELS

import flexpose_mm  # noqa: F401  registers everything

CHANNELS = {4: 16, 8: 16, 16: 16, 32: 8}
STYLE = 32
_names = itertools.count()


def generator(size=16, **kwargs):
    """Config of a generator with about 30,000 parameters."""
    return dict(
        type='StyleGANv1Generator',
        out_size=size,
        style_channels=STYLE,
        num_mlps=2,
        channels=CHANNELS,
        **kwargs)


def discriminator(size=16, **kwargs):
    """Config of its discriminator."""
    return dict(
        type='StyleGANv1Discriminator',
        in_size=size,
        channels=CHANNELS,
        **kwargs)


def preprocessor(size=16, **kwargs):
    """Config of the batched alpha."""
    return dict(type='SkeletonPreprocessor', size=size, **kwargs)


def regressor(size=16, **kwargs):
    """Config of beta."""
    return dict(
        type='SkeletonRegressor',
        size=size,
        backbone=dict(type='SkeletonEncoder', widths=(8, 16)),
        head=dict(
            type='SkeletonHeatmapHead',
            in_channels=16,
            num_joints=15,
            loss=dict(type='MSELoss', use_target_weight=True)),
        **kwargs)


def gan(size=16, **kwargs):
    """Config of a SkeletonGAN."""
    return dict(
        type='SkeletonGAN',
        generator=generator(size),
        data_preprocessor=preprocessor(size),
        **{
            'discriminator': discriminator(size),
            **kwargs
        })


def adapter(size=16, **kwargs):
    """Config of a FlexPose with Gamma from an untrained beta."""
    return {
        **dict(
            type='FlexPose',
            generator=generator(size),
            data_preprocessor=preprocessor(size),
            gamma=dict(type='RegressorFeatures', regressor=regressor(size)),
            pool_size=64),
        **kwargs
    }


def rival(name, size=16, **kwargs):
    """Config of another adapter on the same source."""
    if name == 'AdaGAN':
        kwargs = dict(dict(num_targets=16), **kwargs)
    if name == 'FreezeD':
        kwargs = {
            **dict(
                discriminator=discriminator(size),
                regressor=regressor(size),
                warmup_iters=2,
                warmup_batch_size=4),
            **kwargs
        }
    return adapter(size, type=name, **kwargs)


def keypoint_gan(size=32, **kwargs):
    """Config of a KeypointGAN with some 20,000 parameters."""
    return {
        **dict(
            type='KeypointGAN',
            backbone=dict(type='ImageToSkeleton', width=4),
            decoder=dict(type='ConditionalDecoder', width=4),
            discriminator=dict(
                type='MultiScalePatchDiscriminator', width=4, num_scales=1),
            head=regressor(size),
            alpha=preprocessor(size),
            gamma=dict(
                type='PlainVGGFeatures',
                weights='random',
                width=4,
                layers=('image', 'conv1_2')),
            pool_size=6),
        **kwargs
    }


def crop(size=32):
    """Transforms from an image with a box to the model's input."""
    return [
        dict(type='GetBBoxCenterScale', padding=1.25),
        dict(type='TopdownAffine', input_size=(size, size))
    ]


def pairs(size=32, **kwargs):
    """Config of unlabelled synthetic video pairs."""
    return dict(
        type='UnpairedPoseImageDataset',
        dataset=dict(
            type='SyntheticVideoDataset',
            domain='target',
            videos=3,
            frames=2,
            images=True,
            image_size=size),
        pairs='video',
        pipeline=crop(size),
        **kwargs)


def bank(**kwargs):
    """Config of the hook that adds poses to a batch."""
    return dict(
        type='PoseBankHook',
        poses=dict(type='SyntheticPoseDataset', size=20),
        **kwargs)


def keypoint_adams(lr=0.001, **more):
    """Config of the optimisers of a KeypointGAN."""
    return dict(
        constructor='MultiOptimWrapperConstructor',
        generator=adam(lr, modules=['backbone', 'decoder']),
        discriminator=adam(lr),
        **more)


def poses(size=64, **kwargs):
    """Config of synthetic canvas poses."""
    return dict(
        type='SyntheticPoseDataset',
        size=size,
        pipeline=[dict(type='NormalizePose'),
                  dict(type='PackPose')],
        **kwargs)


def mixup(size=16, n=1, **kwargs):
    """Config of T* from n shots per action of the target domain."""
    return dict(
        type='PoseMixupDataset',
        dataset=dict(
            type='FewShotDataset',
            n_per_class=n,
            dataset=dict(
                type='SyntheticPoseDataset', domain='target', size=200)),
        size=size,
        pipeline=[dict(type='PackPose')],
        **kwargs)


def adam(lr=0.01, **kwargs):
    """Config of one optimiser."""
    return dict(optimizer=dict(type='Adam', lr=lr), **kwargs)


def two_adams(lr=0.001):
    """Config of the optimisers of a SkeletonGAN."""
    return dict(
        constructor='MultiOptimWrapperConstructor',
        generator=adam(lr),
        discriminator=adam(lr))


def build(cfg, seed=0):
    """A model with weights fixed by ``seed``."""
    torch.manual_seed(seed)
    return MODELS.build(cfg)


def fields(work_dir, model, dataset, optim, iters=2, batch=4, **kwargs):
    """Fields of a config that trains ``model`` for a few iterations."""
    return dict(
        default_scope='mmpose',
        custom_imports=dict(
            imports=['flexpose_mm'], allow_failed_imports=False),
        model=model,
        work_dir=str(work_dir),
        train_dataloader=dict(
            batch_size=batch,
            num_workers=0,
            sampler=dict(type='InfiniteSampler', shuffle=True),
            dataset=dataset),
        train_cfg=dict(
            type='IterBasedTrainLoop', max_iters=iters, val_interval=iters),
        optim_wrapper=optim,
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=1),
            checkpoint=dict(
                type='AtomicCheckpointHook', by_epoch=False, interval=iters)),
        log_processor=dict(by_epoch=False),
        randomness=dict(seed=0)) | kwargs


def runner(*args, **kwargs):
    """The MMEngine runner of :func:`fields`."""
    cfg = fields(*args, **kwargs)
    cfg['experiment_name'] = f'tiny_{next(_names)}'
    return Runner.from_cfg(Config(cfg))


def validation(n=8):
    """Fields that validate by FD on ``n`` generated poses."""
    loader = dict(
        batch_size=4,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(type='LatentCodeDataset', size=n))
    metric = dict(
        type='PoseDistributionMetric',
        coverage_samples=16,
        k=2,
        reference=dict(type='SyntheticPoseDataset', domain='target', size=20))
    return dict(val_dataloader=loader, val_cfg=dict(), val_evaluator=metric)


def scramble(net, seed=1):
    """Give every parameter a value that matters; noise weights start at 0."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.3 * torch.randn(p.shape, generator=rng))
    return net
