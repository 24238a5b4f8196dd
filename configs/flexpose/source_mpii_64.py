# Adversarial training on MPII, going on from the warm start.
_base_ = [
    '../_base_/models/skeleton_gan.py',
    '../_base_/models/stylegan_64_small.py', '../_base_/models/beta_64.py',
    '../_base_/datasets/mpii_poses.py'
]
load_from = 'work_dirs/warmstart_mpii_64/iter_18000.pth'
model = dict(
    generator=_base_.generator,
    discriminator=_base_.discriminator,
    data_preprocessor=_base_.data_preprocessor,
    regressor=dict(
        _base_.beta, checkpoint='work_dirs/beta_mpii_64/iter_3000.pth'))
train_dataloader = dict(dataset=_base_.source)
val_evaluator = dict(
    type='PoseDistributionMetric',
    reference=_base_.source_val,
    quick=True,
    coverage_samples=2000)
test_evaluator = val_evaluator
