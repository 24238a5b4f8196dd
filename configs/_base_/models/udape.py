# UDAPE as published: ResNet-101 at 256 px, 40 epochs of 500 iterations on the
# source, 30 of adaptation. One process; one GPU. `style.weights` names an
# encoder and decoder of AdaIN; without them colours are matched only.
_base_ = ['../runtime.py']
pretrain_iters, max_iters, num_joints = 20000, 35000, 16
codec = dict(
    type='ArgmaxHeatmap',
    input_size=(256, 256),
    heatmap_size=(64, 64),
    sigma=2)
model = dict(
    type='UDAPE',
    pretrain_iters=pretrain_iters,
    data_preprocessor=dict(
        type='DomainPairPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(
        type='ResNet',
        depth=101,
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet101')),
    head=dict(
        type='HeatmapHead',
        in_channels=2048,
        out_channels=num_joints,
        decoder=codec),
    style=dict(type='AdaINStyle'))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = dict(
    type='MultiStepLR', milestones=[22000, 29500], by_epoch=False)
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=5000)
