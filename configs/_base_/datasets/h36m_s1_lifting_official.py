# Table 1's protocol: Human3.6M S1 to S5, S6, S7, S8, ground-truth 2D, 50 Hz,
# F = 243. data/h36m_gt.npz: tools/dataset_converters/h36m_lifting.py
_base_ = ['./lifting.py']
h36m = dict(
    type='H36MLiftingDataset', ann_file='h36m_gt.npz', data_root='data/',
    seq_len=243)
source = dict(h36m, select=dict(subject=['S1']), pipeline=_base_.mirrored)
others = dict(subject=['S5', 'S6', 'S7', 'S8'])
target = dict(h36m, select=others, with_3d=False, pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(h36m, select=others, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, batch_size=4, dataset=test)
test_dataloader = val_dataloader
val_evaluator = _base_.mpjpe
test_evaluator = val_evaluator
