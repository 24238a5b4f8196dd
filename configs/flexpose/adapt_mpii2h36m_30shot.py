# MPII prior -> Human3.6M S1, S5, S6 with two shots per action; S7 judges.
_base_ = [
    '../_base_/models/adapter.py', '../_base_/models/stylegan_64_small.py',
    '../_base_/models/beta_64.py', '../_base_/datasets/h36m_poses.py'
]
beta = dict(
    _base_.beta, checkpoint='work_dirs/beta_mpii_64/iter_3000.pth')
shots = dict(
    type='FewShotDataset', n_per_class=2, seed=0, dataset=_base_.target)
model = dict(
    data_preprocessor=_base_.data_preprocessor,
    generator=dict(
        _base_.generator,
        checkpoint='work_dirs/warmstart_mpii_64/iter_18000.pth'),
    regressor=beta,
    gamma=dict(type='RegressorFeatures', regressor=beta))
train_dataloader = dict(
    dataset=dict(
        type='PoseMixupDataset',
        dataset=shots,
        size=1000,
        pipeline=[dict(type='PackPose')]))
val_evaluator = dict(
    type='PoseDistributionMetric',
    reference=_base_.judge,
    controls=dict(
        T=shots, T_star=train_dataloader['dataset'], floor=_base_.target),
    mmd_max_samples=20000,
    coverage_samples=2000)
test_evaluator = val_evaluator
