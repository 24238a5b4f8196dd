# beta for the demo: reads any 15-joint pose from a 64 px skeleton image.
# 2000 iterations: about 4 minutes on one free CPU core with AMX.
_base_ = [
    '../_base_/runtime.py', '../_base_/models/beta_64.py',
    '../_base_/datasets/synthetic_poses.py'
]
max_iters = 2000
model = dict(
    data_preprocessor=dict(
        type='SkeletonAugmentor',
        size=64,
        skeleton='body15',
        line_width=3.),
    **_base_.beta)
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=_base_.source)
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SyntheticPoseDataset',
        domain='target',
        size=512,
        split='val',
        pipeline=_base_.pipeline,
        test_mode=True))
test_dataloader = val_dataloader
# mean distance in canvas units; times 50 it is percent of the canvas side
val_evaluator = dict(type='EPE')
test_evaluator = val_evaluator
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=3e-3), clip_grad=dict(max_norm=5.))
param_scheduler = [
    dict(type='LinearLR', start_factor=.1, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', T_max=max_iters, by_epoch=False)
]
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=500)
