# AdaGAN (Noguchi and Harada 2019): scales and shifts at lr 0.03 as there,
# the codes of the targets at 0.05.
lr, code_lr = 0.03, 0.05
method = dict(type='AdaGAN', num_targets=1000, pairing='fixed')
method_optim = dict(
    optimizer=dict(type='Adam', lr=lr),
    paramwise_cfg=dict(
        custom_keys=dict(target_codes=dict(lr_mult=code_lr / lr))))
