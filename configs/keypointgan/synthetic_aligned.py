# Aligned, the upper bound: the bank holds true target poses (of other
# persons than those in the images).
_base_ = [
    '../_base_/models/keypoint_gan.py',
    '../_base_/datasets/synthetic_images.py'
]
bank = dict(
    type='SyntheticPoseDataset', domain='target', size=33000, seed=1)
model = dict(
    head=dict(
        _base_.beta,
        checkpoint='work_dirs/beta_synthetic_64/iter_3000.pth'))
custom_hooks = [
    *_base_.hooks,
    dict(type='PoseBankHook', poses=bank, size=33000, **_base_.jitter)
]
train_dataloader = dict(
    **_base_.image_loader,
    dataset=dict(
        type='UnpairedPoseImageDataset',
        dataset=_base_.videos,
        pairs='video',
        pipeline=_base_.jittered_crop))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(_base_.judged, pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
