# What every config of this project shares: iterations instead of epochs,
# checkpoints that survive a crash, runs that resume exactly.
_base_ = ['mmpose::_base_/default_runtime.py']
custom_imports = dict(imports=['flexpose_mm'], allow_failed_imports=False)

default_hooks = dict(
    # else curves of validations have one point, epoch 0
    logger=dict(interval=50, log_metric_by_epoch=False),
    checkpoint=dict(
        type='AtomicCheckpointHook',
        _delete_=True,
        by_epoch=False,
        interval=500,
        max_keep_ckpts=2))
custom_hooks = [dict(type='SyncBuffersHook'), dict(type='ExactResumeHook')]
log_processor = dict(by_epoch=False)
visualizer = dict(vis_backends=[
    dict(type='LocalVisBackend'),
    dict(type='TensorboardVisBackend')
])
randomness = dict(seed=0)
data_root = '../shared/data/'
