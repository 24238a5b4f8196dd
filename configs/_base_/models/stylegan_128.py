# Paper size: standard channels, 512-wide codes, 128 px. For a GPU.
size = 128
generator = dict(type='StyleGANv1Generator', out_size=size)
discriminator = dict(type='StyleGANv1Discriminator', in_size=size)
data_preprocessor = dict(
    type='SkeletonPreprocessor', size=size, skeleton='body15', line_width=4.)
