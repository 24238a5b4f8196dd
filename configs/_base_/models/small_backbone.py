# Three stages for images of 64 px on a CPU: 4 x 4 cells, 0.7 M parameters.
small_backbone = dict(
    depth=18,
    stem_channels=32,
    base_channels=32,
    num_stages=3,
    strides=(1, 2, 2),
    dilations=(1, 1, 1),
    out_indices=(2, ),
    init_cfg=None)
