# Human3.6M (its five training subjects, ground-truth 2D) to MPI-INF-3DHP's
# TS1 to TS6. Files: tools/dataset_converters/{h36m_lifting,mpi_inf_3dhp}.py
_base_ = ['./lifting.py']
data = dict(data_root='data/', seq_len=_base_.F)
dhp = dict(data, type='MPIINF3DHPLiftingDataset', ann_file='3dhp_test.npz')
source = dict(
    data,
    type='H36MLiftingDataset',
    ann_file='h36m_gt.npz',
    select=dict(subject=['S1', 'S5', 'S6', 'S7', 'S8']),
    pipeline=_base_.mirrored)
target = dict(dhp, with_3d=False, pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(dhp, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, dataset=test)
test_dataloader = val_dataloader
val_evaluator = [*_base_.mpjpe, _base_.pck]
test_evaluator = val_evaluator
