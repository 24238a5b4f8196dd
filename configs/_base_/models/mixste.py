# D3DP's source stage as published: MixSTE of 512 channels over F = 243 frames,
# AdamW, lr x 0.993 per epoch, 400 epochs. One GPU. A config that inherits
# sets epoch_iters to the clips of its source, both ways round, over the batch.
_base_ = ['../runtime.py']
epoch_iters, max_epochs = 516, 400
model = dict(
    type='PoSynDALifter',
    backbone=dict(
        type='GaussianDiffusion',
        denoiser=dict(type='MixSTE', num_frames=243)),
    head=dict(type='HypothesisHead'),
    # D3DP tests with K = 5; PoSynDA trains from pure noise and tests at K = 1
    test_cfg=dict(hypotheses=1, steps=5, flip=True))
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=6e-5, weight_decay=.1))
param_scheduler = dict(
    type='StepLR', step_size=epoch_iters, gamma=.993, by_epoch=False)
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=epoch_iters * max_epochs,
    val_interval=epoch_iters * max_epochs)
default_hooks = dict(checkpoint=dict(interval=5000))
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='LiftingPictureHook')
]
