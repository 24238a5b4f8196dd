# beta trained on MPII; validated on MPII persons held back, tested on
# Human3.6M S7 (tools/test.py), which it has never seen.
_base_ = ['../demo/beta_synthetic_64.py']
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='KeypointArrayDataset',
        ann_file='mpii_2d.npz',
        data_root=_base_.data_root,
        mapping='mpii16',
        visible_key='present',
        select=dict(in_hg_val=[False]),
        pipeline=_base_.pipeline))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='KeypointArrayDataset',
        ann_file='mpii_2d.npz',
        data_root=_base_.data_root,
        mapping='mpii16',
        visible_key='present',
        select=dict(in_hg_val=[True]),
        pipeline=_base_.pipeline,
        test_mode=True))
test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='KeypointArrayDataset',
        ann_file='h36m_3d_dev.npz',
        data_root=_base_.data_root,
        mapping='h36m17',
        keypoints_key='keypoints_2d',
        select=dict(subject=[7]),
        pipeline=_base_.pipeline,
        test_mode=True))
