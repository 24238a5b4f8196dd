# The demo: 12 poses of a new camera adapt the shipped prior. No download.
_base_ = [
    '../_base_/models/adapter.py', '../_base_/models/stylegan_32_tiny.py',
    '../_base_/models/beta_32.py'
]
assets = 'demo/assets/'
max_iters = 300
beta = dict(_base_.beta, checkpoint=assets + 'beta_synthetic_32.pth')
target = dict(type='SyntheticPoseDataset', domain='target')
shots = dict(
    type='FewShotDataset',
    n_per_class=2,
    seed=0,
    dataset=dict(target, size=5000, split='train'))
model = dict(
    data_preprocessor=_base_.data_preprocessor,
    generator=dict(
        _base_.generator, checkpoint=assets + 'prior_synthetic_32.pth'),
    regressor=beta,
    gamma=dict(type='RegressorFeatures', regressor=beta),
    pool_size=2000)
train_dataloader = dict(
    batch_size=48,
    dataset=dict(
        type='PoseMixupDataset',
        dataset=shots,
        size=1000,
        pipeline=[dict(type='PackPose')]))
val_evaluator = dict(
    type='PoseDistributionMetric',
    reference=dict(target, size=5000, split='test'),
    controls=dict(
        T=shots,
        T_star=train_dataloader['dataset'],
        source=dict(type='SyntheticPoseDataset', domain='source', size=5000),
        held_back=dict(target, size=5000, split='val')),
    coverage_samples=2000)
test_evaluator = val_evaluator

# Fewer and shorter steps than a paper run: minutes on a laptop.
optim_wrapper = dict(optimizer=dict(lr=0.02))
param_scheduler = dict(end=max_iters)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
val_dataloader = dict(dataset=dict(size=1000))
test_dataloader = val_dataloader
default_hooks = dict(
    logger=dict(interval=10), checkpoint=dict(interval=max_iters))
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='PrepareAdapterHook'),
    dict(type='SampleGridHook', interval=max_iters, num_samples=16)
]
