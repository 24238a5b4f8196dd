# Human3.6M S1 to S5, S6, S7 with ground-truth 2D of all four cameras, 10 Hz
# (Table 1's protocol, less S8, which the development file has not).
_base_ = ['./lifting_small.py']
h36m = dict(
    type='H36MLiftingDataset',
    ann_file='h36m_3d_dev.npz',
    data_root='../shared/data/',
    seq_len=_base_.F)
source = dict(h36m, select=dict(subject=['S1']), pipeline=_base_.mirrored)
others = dict(subject=['S5', 'S6', 'S7'])
target = dict(h36m, select=others, with_3d=False, pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(h36m, select=others, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, dataset=test)
test_dataloader = val_dataloader
val_evaluator = _base_.mpjpe
test_evaluator = val_evaluator
