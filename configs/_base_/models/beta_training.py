# How beta is trained; the configs that inherit it name model and data sets.
# 3000 iterations of 32 images: minutes on one CPU core.
_base_ = ['../runtime.py']
max_iters = 3000
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True))
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader
# mean distance in canvas units; times 50 it is percent of the canvas side
val_evaluator = dict(type='EPE')
test_evaluator = val_evaluator
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=3e-3), clip_grad=dict(max_norm=5.))
param_scheduler = [
    dict(type='LinearLR', start_factor=.1, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', T_max=max_iters, by_epoch=False)
]
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=500)
