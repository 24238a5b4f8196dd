# UDAPE as published: ResNet-101 at 256 px, 40 epochs of 500 iterations on the
# source, 30 of adaptation. One process; one GPU. `style.weights` names an
# encoder and decoder of AdaIN; without them colours are matched only.
_base_ = ['../runtime.py', './domain_adaptation.py']
pretrain_iters, max_iters = 20000, 35000
model = dict(
    type='UDAPE',
    pretrain_iters=pretrain_iters,
    style=dict(type='AdaINStyle'))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = dict(
    type='MultiStepLR', milestones=[22000, 29500], by_epoch=False)
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=5000)
