# Photographs: 150 persons of LSP-extended without their labels, second views
# by thin-plate warps, judged on the other 50. The bank holds Human3.6M poses
# (Direct); see lsp_adapted.py and lsp_aligned.py.
_base_ = [
    '../_base_/models/keypoint_gan.py', '../_base_/datasets/h36m_source.py'
]
max_iters = 2000
persons = dict(
    type='KeypointImageDataset',
    ann_file='lsp_dev/joints.npz',
    img_dir='lsp_dev/images',
    data_root=_base_.data_root,
    mapping='lsp14',
    visible_key='visible',
    require_all=False)
model = dict(
    head=dict(
        _base_.beta, checkpoint='work_dirs/beta_mpii_64/iter_3000.pth'))
param_scheduler = dict(begin=max_iters // 2, end=max_iters)
train_cfg = dict(max_iters=max_iters)
custom_hooks = [
    *_base_.hooks,
    dict(
        type='PoseBankHook',
        poses=dict(_base_.source, pipeline=[]),
        size=33000,
        **_base_.jitter)
]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedPoseImageDataset',
        dataset=dict(persons, indices=150),
        pipeline=_base_.jittered_crop,
        condition_pipeline=[dict(type='ThinPlateWarp')]))
val_dataloader = dict(
    batch_size=50,
    num_workers=0,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        persons, indices=-50, pipeline=_base_.test_pipeline, test_mode=True))
test_dataloader = val_dataloader
