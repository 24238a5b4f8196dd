# AdaGAN (Noguchi and Harada 2019): scales and shifts at lr 0.03 as there,
# the codes of the targets at 0.05. Its perceptual weight, 0.001, is for VGG of
# images in [0, 255]; features of beta's encoder are a thousand times smaller
# (at 0.001 the pixel term draws nothing but the background).
lr, code_lr = 0.03, 0.05
method = dict(
    type='AdaGAN', num_targets=1000, pairing='fixed', perceptual_weight=1.)
method_optim = dict(
    optimizer=dict(type='Adam', lr=lr),
    paramwise_cfg=dict(
        custom_keys=dict(target_codes=dict(lr_mult=code_lr / lr))))
