# Flow matching in keypoint space, teacher of the warm start.
_base_ = ['../runtime.py']
max_iters = 3000
model = dict(type='PoseFlow', skeleton='body15')
optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))
param_scheduler = dict(
    type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-5, by_epoch=False)
train_cfg = dict(
    _delete_=True, type='IterBasedTrainLoop', max_iters=max_iters)
val_cfg = val_dataloader = val_evaluator = None
test_cfg = test_dataloader = test_evaluator = None
