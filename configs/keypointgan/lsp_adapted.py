# Adapted: 32,000 poses of the Human3.6M prior that 30 poses of LSP adapted,
# and 1,000 mixtures of these:
#   CONFIG=configs/flexpose/adapt_h36m2lsp_30shot_transport.py
#   RUN=work_dirs/adapt_h36m2lsp_30shot_transport
#   tools/train.py $CONFIG
#   tools/generate_poses.py $CONFIG $RUN/iter_600.pth -n 32000 \
#       -o $RUN/poses.npz
_base_ = ['./lsp_direct.py']
bank = dict(
    type='GeneratedPoseDataset',
    ann_file='work_dirs/adapt_h36m2lsp_30shot_transport/poses.npz')
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
