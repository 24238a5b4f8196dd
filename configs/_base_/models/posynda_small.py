# Adaptation of the small source model. A model of 256 channels takes a larger
# step than one of 512.
_base_ = ['./lifter_small.py']
max_iters = 1000
model = dict(adaptation=dict(type='PoSynDAAdaptation'))
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=5e-4))
param_scheduler = dict(end=max_iters)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
