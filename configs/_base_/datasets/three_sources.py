# Source A+B+C of Table 4: also DeepMimic's acrobatics.
_base_ = ['./two_sources.py']
deepmimic = dict(
    type='ProjectedPoseDataset',
    ann_file='deepmimic_3d.npz',
    data_root='../shared/data/',
    mapping='h36m17',
    views=8,
    pipeline=_base_.pipeline)
sources = dict(
    type='ConcatDataset', datasets=[_base_.source, _base_.mpii, deepmimic])
