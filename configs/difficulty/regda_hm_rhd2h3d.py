# VAE-HM: the hardest third of the source poses only.
_base_ = ['./regda_rhd2h3d.py']
custom_hooks = [*_base_.custom_hooks, _base_.difficulty]
train_dataloader = dict(sampler=dict(type='DifficultySampler', mode='hard'))
