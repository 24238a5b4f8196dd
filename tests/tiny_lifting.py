"""Lifters and clips so small that one core trains them in a second."""
FRAMES = 9


def clips(domain='source', videos=6, frames=20, **kwargs):
    """Config of synthetic clips."""
    return dict(
        type='SyntheticLiftingDataset', domain=domain, videos=videos,
        frames=frames, seq_len=FRAMES, **kwargs)


def pairs(**kwargs):
    """Config of labelled source clips with unlabelled target clips."""
    return dict(
        type='DomainPairDataset', source=clips(**kwargs),
        target=clips('target', with_3d=False, **kwargs))


def lifter(adaptation=None, checkpoint=None, frames=FRAMES, **kwargs):
    """Config of a PoSynDALifter with some 3,000 parameters."""
    denoiser = dict(
        type='MixSTE', num_frames=frames, embed_dims=16, depth=2,
        num_heads=2)
    return dict(
        type='PoSynDALifter',
        backbone=dict(
            type='GaussianDiffusion', denoiser=denoiser,
            checkpoint=checkpoint),
        adaptation=adaptation,
        **kwargs)


def adaptation(**kwargs):
    """Config of Algorithm 1."""
    return dict(
        type='PoSynDAAdaptation', **{
            **dict(lora=dict(rank=2), hypotheses=2),
            **kwargs
        })


def evaluation(domain='target', **kwargs):
    """Fields that validate on labelled clips, in mm."""
    loader = dict(
        batch_size=4, num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=clips(domain, videos=2, split='test', test_mode=True,
                      **kwargs))
    metrics = [dict(type='MillimetreMPJPE', mode='mpjpe'),
               dict(type='MillimetreMPJPE', mode='p-mpjpe')]
    return dict(
        val_dataloader=loader, val_cfg=dict(), val_evaluator=metrics,
        test_dataloader=loader, test_cfg=dict(), test_evaluator=metrics)
