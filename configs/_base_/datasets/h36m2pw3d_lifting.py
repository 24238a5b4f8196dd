# Human3.6M (its five training subjects, ground-truth 2D) to 3DPW: adapted to
# and judged on its test set. Files: tools/dataset_converters/{h36m_lifting,
# pw3d}.py
_base_ = ['./lifting.py']
data = dict(data_root='data/', seq_len=_base_.F)
pw3d = dict(data, type='PW3DLiftingDataset', ann_file='3dpw_test.npz')
source = dict(
    data,
    type='H36MLiftingDataset',
    ann_file='h36m_gt.npz',
    select=dict(subject=['S1', 'S5', 'S6', 'S7', 'S8']),
    pipeline=_base_.mirrored)
target = dict(pw3d, with_3d=False, pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(pw3d, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, dataset=test)
test_dataloader = val_dataloader
val_evaluator = _base_.mpjpe
test_evaluator = val_evaluator
