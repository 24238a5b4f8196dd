# The published denoiser at a size for two CPU cores, for both stages.
mixste_small = dict(
    type='MixSTE', num_frames=9, embed_dims=64, depth=2, num_heads=4)
