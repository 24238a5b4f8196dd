# RHD (labelled) and Hand-3D-Studio (not labelled), 21 joints, base to tip.
# The files are made by tools/dataset_converters/adaptation_to_coco.py.
_base_ = ['./adaptation.py']
common = dict(
    type='CocoDataset',
    data_root='data/adaptation/',
    metainfo=dict(from_file='configs/_base_/datasets/freihand2d.py'))
train_dataloader = dict(
    **_base_.train_loader,
    dataset=dict(
        type='DomainPairDataset',
        source=dict(
            common,
            ann_file='rhd_train.json',
            pipeline=_base_.train_pipeline),
        target=dict(
            common,
            ann_file='h3d_train.json',
            pipeline=_base_.train_pipeline)))
val_dataloader = dict(
    **_base_.val_loader,
    dataset=dict(
        common,
        ann_file='h3d_test.json',
        pipeline=_base_.test_pipeline,
        test_mode=True))
test_dataloader = val_dataloader
val_evaluator = _base_.metrics
test_evaluator = val_evaluator
