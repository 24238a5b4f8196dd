# Step 1 of the warm start: a pose flow on the source poses.
_base_ = ['../_base_/models/pose_flow.py', '../_base_/datasets/cmu_poses.py']
train_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=_base_.source)
