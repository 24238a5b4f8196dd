# Human3.6M S1, S5, S6, S7 (10 Hz) to MPI-INF-3DHP's outdoor sequence TS6.
# The target's 2D is that of the test sequence, as in the released code.
_base_ = ['./lifting_small.py']
data = dict(data_root='../shared/data/', seq_len=_base_.F)
dhp = dict(
    data,
    type='MPIINF3DHPLiftingDataset',
    ann_file='mpi_inf_3dhp_ts6_dev.npz')
source = dict(
    data,
    type='H36MLiftingDataset',
    ann_file='h36m_3d_dev.npz',
    pipeline=_base_.mirrored)
target = dict(dhp, with_3d=False, stride=3, pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(dhp, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, dataset=test)
test_dataloader = val_dataloader
val_evaluator = [*_base_.mpjpe, _base_.pck]
test_evaluator = val_evaluator
