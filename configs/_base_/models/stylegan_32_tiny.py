# A StyleGAN v1 of 32 px and 1 M parameters, for the demo and tests.
size = 32
channels = {4: 128, 8: 128, 16: 64, 32: 32}
generator = dict(
    type='StyleGANv1Generator',
    out_size=size,
    style_channels=64,
    num_mlps=4,
    channels=channels)
discriminator = dict(
    type='StyleGANv1Discriminator', in_size=size, channels=channels)
data_preprocessor = dict(
    type='SkeletonPreprocessor', size=size, skeleton='body15', line_width=2.)
