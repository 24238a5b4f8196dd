# What all pairs of domains share: whole crops, no random part (the models
# draw their views), and the hook of the -hm and -cl variants.
input_size = (256, 256)
crop = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.),
    dict(type='TopdownAffine', input_size=input_size)
]
train_pipeline = [*crop, dict(type='PackPoseInputs', pack_transformed=True)]
test_pipeline = [*crop, dict(type='PackPoseInputs')]
train_loader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True))
val_loader = dict(
    batch_size=32,
    num_workers=4,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False))
metrics = [dict(type='CropPCK'), dict(type='EvalPose')]
difficulty = dict(
    type='PoseDifficultyHook', cache_dir='work_dirs/pose_difficulty')
