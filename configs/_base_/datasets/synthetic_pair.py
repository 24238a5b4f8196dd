# The embedded synthetic persons at 128 px: bright source images with labels,
# dim, cluttered target images of other proportions and views. No download.
_base_ = ['./adaptation.py']
input_size = (128, 128)
crop = [
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownAffine', input_size=input_size)
]
train_pipeline = [*crop, dict(type='PackPoseInputs', pack_transformed=True)]
images = dict(type='SyntheticPoseDataset', images=True, image_size=128)
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
val_evaluator = _base_.metrics
test_evaluator = val_evaluator
