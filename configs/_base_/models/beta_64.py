# beta at 64 px; widths=(32, 64, 128, 256) is the published network (R/8).
widths = (16, 32, 64)
beta = dict(
    type='SkeletonRegressor',
    size=64,
    dtype='bfloat16',
    backbone=dict(type='SkeletonEncoder', widths=widths),
    head=dict(
        type='SkeletonHeatmapHead',
        in_channels=widths[-1],
        num_joints=15,
        heatmap_weight=1.,
        loss=dict(type='MSELoss', use_target_weight=True, loss_weight=100.)))
beta_canvas = dict(
    type='SkeletonAugmentor', size=64, skeleton='body15', line_width=3.)
