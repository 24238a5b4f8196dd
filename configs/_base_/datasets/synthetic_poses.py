# The embedded two-domain pose maker: no download.
pipeline = [dict(type='NormalizePose'), dict(type='PackPose')]
source = dict(
    type='SyntheticPoseDataset',
    domain='source',
    size=20000,
    pipeline=pipeline)
source_val = dict(source, size=4000, split='val')
