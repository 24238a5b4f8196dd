# What all pairs of lifting domains share. Clips have F frames; targets are
# given without 3D, so that no label can leak into adaptation.
F = 27
mirrored = [dict(type='RandomFlipClip', prob=.5), dict(type='PackClip')]
loader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True))
test_loader = dict(
    batch_size=32,
    num_workers=2,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False))
# over root-relative poses, each frame once: millimetres, percent
mpjpe = [
    dict(type='MillimetreMPJPE', mode='mpjpe'),
    dict(type='MillimetreMPJPE', mode='p-mpjpe')
]
pck = dict(type='PCK3D', joint_set='benchmark', average='sequence')
