# A StyleGAN v1 of 64 px that a CPU can train; paper size: stylegan_128.py.
size = 64
# wide where the pose is laid out, which costs little: 4 to 16 px
channels = {4: 256, 8: 256, 16: 128, 32: 48, 64: 24}
generator = dict(
    type='StyleGANv1Generator',
    out_size=size,
    style_channels=128,
    num_mlps=4,
    channels=channels)
discriminator = dict(
    type='StyleGANv1Discriminator', in_size=size, channels=channels)
data_preprocessor = dict(
    type='SkeletonPreprocessor', size=size, skeleton='body15', line_width=3.)
