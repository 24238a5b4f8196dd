# Human3.6M, 2D projections of four cameras: S1, S5, S6 are the target's
# training persons, S7 judges.
target = dict(
    type='KeypointArrayDataset',
    ann_file='h36m_3d_dev.npz',
    data_root='../shared/data/',
    keypoints_key='keypoints_2d',
    mapping='h36m17',
    class_key='action',
    select=dict(subject=[1, 5, 6]))
judge = dict(target, select=dict(subject=[7]))
