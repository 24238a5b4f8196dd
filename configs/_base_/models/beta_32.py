# beta at 32 px, for the demo; see beta_64.py.
widths = (24, 48, 96)
beta = dict(
    type='SkeletonRegressor',
    size=32,
    dtype='bfloat16',
    backbone=dict(type='SkeletonEncoder', widths=widths),
    head=dict(
        type='SkeletonHeatmapHead',
        in_channels=widths[-1],
        num_joints=15,
        heatmap_weight=1.,
        loss=dict(type='MSELoss', use_target_weight=True, loss_weight=100.)))
