# CMU motion capture from random cameras; the nearly motionless clips of
# referees' signs (4 in 10 poses) are left out, window washing is held back.
pipeline = [dict(type='NormalizePose'), dict(type='PackPose')]
source = dict(
    type='ProjectedPoseDataset',
    ann_file='cmu_3d.npz',
    data_root='../shared/data/',
    mapping='h36m17',
    views=8,
    select=dict(action=[
        'basketball', 'directing_traffic', 'jumping', 'running', 'soccer',
        'walking'
    ]),
    pipeline=pipeline)
source_val = dict(
    source, views=2, seed=1, select=dict(action=['washwindow']))
