# VAE-CL: easy source poses first, then medium, then all.
_base_ = ['./udape_surreal2h36m.py']
custom_hooks = [*_base_.custom_hooks, _base_.difficulty]
train_dataloader = dict(
    sampler=dict(type='DifficultySampler', mode='curriculum'))
