# Table 4, source A+B+C, step 1: a pose flow on CMU, MPII and DeepMimic.
_base_ = [
    '../../_base_/models/pose_flow.py',
    '../../_base_/datasets/three_sources.py'
]
train_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=_base_.sources)
