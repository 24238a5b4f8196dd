# beta trained on MPII; validated on MPII persons held back, tested on
# Human3.6M S7 (tools/test.py), which it has never seen.
_base_ = [
    '../_base_/models/beta_training.py', '../_base_/models/beta_64.py',
    '../_base_/datasets/mpii_poses.py'
]
model = dict(data_preprocessor=_base_.beta_canvas, **_base_.beta)
train_dataloader = dict(dataset=_base_.source)
val_dataloader = dict(dataset=dict(_base_.source_val, test_mode=True))
test_dataloader = dict(
    dataset=dict(
        type='KeypointArrayDataset',
        ann_file='h36m_3d_dev.npz',
        data_root='../shared/data/',
        mapping='h36m17',
        keypoints_key='keypoints_2d',
        select=dict(subject=[7]),
        pipeline=_base_.pipeline,
        test_mode=True))
