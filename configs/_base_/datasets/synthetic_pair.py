# The embedded synthetic persons at 64 px: bright source images with labels,
# dim, cluttered target images of other proportions and views. No download;
# images are drawn once (a minute, 0.7 GB) and kept.
_base_ = ['./adaptation.py']
input_size = (64, 64)
crop = [
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=input_size)
]
train_pipeline = [*crop, dict(type='PackPoseInputs', pack_transformed=True)]
images = dict(
    type='SyntheticPoseDataset',
    images=True,
    image_size=96,  # persons fill a part of it: their crops have 64
    cache_dir='work_dirs/synthetic_images')
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='DomainPairDataset',
        source=dict(
            images, domain='source', size=12000, pipeline=train_pipeline),
        target=dict(
            images, domain='target', size=6000, pipeline=train_pipeline)))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        images,
        domain='target',
        split='test',
        size=1000,
        pipeline=[*crop, dict(type='PackPoseInputs')],
        test_mode=True))
test_dataloader = val_dataloader
val_evaluator = [dict(type='CropPCK', stride=2), dict(type='EvalPose')]
test_evaluator = val_evaluator
