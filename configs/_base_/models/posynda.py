# Adaptation as published: Algorithm 1 with Adam, lr 6e-5, batch 4, from noise
# in one step. The paper gives no number of iterations.
_base_ = ['./mixste.py']
max_iters = 20000
model = dict(
    adaptation=dict(type='PoSynDAAdaptation'), test_cfg=dict(steps=1))
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=6e-5))
param_scheduler = None
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
