# CMU's motion capture, seen by Human3.6M's cameras, to Human3.6M S5, S6, S7;
# both at 10 Hz. Clips of the small source overlap.
_base_ = ['./lifting_small.py']
data = dict(data_root='../shared/data/', seq_len=_base_.F)
h36m = dict(
    data,
    type='H36MLiftingDataset',
    ann_file='h36m_3d_dev.npz',
    select=dict(subject=['S5', 'S6', 'S7']))
source = dict(
    data,
    type='CMULiftingDataset',
    ann_file='cmu_3d.npz',
    seq_step=3,
    stride=3,
    pipeline=_base_.mirrored)
target = dict(h36m, with_3d=False, pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(h36m, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, dataset=test)
test_dataloader = val_dataloader
val_evaluator = [*_base_.mpjpe, dict(_base_.pck, average='frame')]
test_evaluator = val_evaluator
