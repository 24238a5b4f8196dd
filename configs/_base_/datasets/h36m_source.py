# Human3.6M as the source: 2D projections of four cameras, S7 held back.
pipeline = [dict(type='NormalizePose'), dict(type='PackPose')]
source = dict(
    type='KeypointArrayDataset',
    ann_file='h36m_3d_dev.npz',
    data_root='../shared/data/',
    keypoints_key='keypoints_2d',
    mapping='h36m17',
    select=dict(subject=[1, 5, 6]),
    pipeline=pipeline)
source_val = dict(source, select=dict(subject=[7]))
