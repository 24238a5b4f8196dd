# MPII persons with all 16 joints; the 2,958 validation persons are held out.
mpii = dict(
    type='KeypointArrayDataset',
    ann_file='mpii_2d.npz',
    data_root='../shared/data/',
    mapping='mpii16',
    visible_key='present',
    select=dict(in_hg_val=[False]),
    pipeline=[dict(type='NormalizePose'),
              dict(type='PackPose')])
