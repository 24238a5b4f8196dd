# The network of RegDA and UDAPE as published: ResNet-101 at 256 px.
num_joints = 16
codec = dict(
    type='ArgmaxHeatmap',
    input_size=(256, 256),
    heatmap_size=(64, 64),
    sigma=2)
model = dict(
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
        decoder=codec))
