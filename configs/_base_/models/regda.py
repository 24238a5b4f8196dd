# RegDA as published: ResNet-101 at 256 px, 70 epochs of 500 iterations on the
# source, 30 of adaptation. One process; one GPU.
_base_ = ['../runtime.py', './domain_adaptation.py']
pretrain_iters, max_iters = 35000, 50000
branch = dict(
    type='HeatmapHead',
    in_channels=256,
    out_channels=_base_.num_joints,
    deconv_out_channels=None,
    decoder=_base_.codec)
regressor = dict(conv_out_channels=(256, ), conv_kernel_sizes=(3, ))
model = dict(
    type='RegDA',
    pretrain_iters=pretrain_iters,
    head=regressor,
    head_adv=dict(branch, **regressor),
    pretrain_head=branch)
sgd = dict(type='SGD', lr=.1, momentum=.9, nesterov=True, weight_decay=1e-4)
feature = ['backbone', 'head.deconv_layers']
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor',
    pretrain=dict(
        modules=[*feature, 'pretrain_head'],
        optimizer=sgd,
        paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=.1)))),
    feature=dict(modules=feature, optimizer=dict(sgd, lr=.01)),
    head=dict(modules=['head.conv_layers', 'head.final_layer'], optimizer=sgd),
    head_adv=dict(optimizer=sgd))
decay = dict(type='InverseDecayLR', by_epoch=False, delay=pretrain_iters)
param_scheduler = dict(
    pretrain=dict(
        type='MultiStepLR', milestones=[22000, 29500], by_epoch=False),
    feature=decay,
    head=decay,
    head_adv=decay)
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=5000)
