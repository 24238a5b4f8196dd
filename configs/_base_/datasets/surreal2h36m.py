# SURREAL (labelled) and Human3.6M (not labelled), 16 joints in MPII's order.
# The files are made by tools/dataset_converters/adaptation_to_coco.py.
_base_ = ['./adaptation.py']
common = dict(
    type='CocoDataset',
    data_root='data/adaptation/',
    metainfo=dict(from_file='configs/_base_/datasets/mpii.py'))
train_dataloader = dict(
    **_base_.train_loader,
    dataset=dict(
        type='DomainPairDataset',
        source=dict(
            common,
            ann_file='surreal_train.json',
            pipeline=_base_.train_pipeline),
        target=dict(
            common,
            ann_file='h36m_train.json',
            pipeline=_base_.train_pipeline)))
val_dataloader = dict(
    **_base_.val_loader,
    dataset=dict(
        common,
        ann_file='h36m_test.json',
        pipeline=_base_.test_pipeline,
        test_mode=True))
test_dataloader = val_dataloader
val_evaluator = _base_.metrics
test_evaluator = val_evaluator
