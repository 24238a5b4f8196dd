# Adapted: 32,000 poses of the MPII prior that 30 poses of LSP adapted, and
# 1,000 mixtures of these:
#   tools/train.py configs/keypointgan/adapt_mpii2lsp_30shot.py
#   tools/generate_poses.py configs/keypointgan/adapt_mpii2lsp_30shot.py \
#       work_dirs/adapt_mpii2lsp_30shot/iter_600.pth -n 32000 \
#       -o work_dirs/adapt_mpii2lsp_30shot/poses.npz
_base_ = ['./lsp_real.py']
bank = dict(
    type='GeneratedPoseDataset',
    ann_file='work_dirs/adapt_mpii2lsp_30shot/poses.npz')
shots = dict(
    type='FewShotDataset',
    n_per_class=30,
    seed=0,
    dataset=dict(
        type='KeypointArrayDataset',
        ann_file='lsp_2d_dev.npz',
        data_root=_base_.data_root,
        mapping='lsp14',
        indices=500))
mixtures = dict(type='PoseMixupDataset', dataset=shots, size=1000)
custom_hooks = [
    *_base_.hooks,
    dict(
        type='PoseBankHook',
        poses=bank,
        extra=mixtures,
        size=33000,
        **_base_.jitter)
]
