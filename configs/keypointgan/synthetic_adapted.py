# Adapted: 32,000 poses of the prior that FlexPose adapted with twelve target
# poses (configs/demo/adapt_synthetic_12shot_transport.py), and 1,000 mixtures
# of these:
#   CONFIG=configs/demo/adapt_synthetic_12shot_transport.py
#   RUN=work_dirs/adapt_synthetic_12shot_transport
#   tools/train.py $CONFIG
#   tools/generate_poses.py $CONFIG $RUN/iter_300.pth -n 32000 \
#       -o $RUN/poses.npz
_base_ = ['./synthetic_aligned.py']
bank = dict(
    type='GeneratedPoseDataset',
    ann_file='work_dirs/adapt_synthetic_12shot_transport/poses.npz')
shots = dict(
    type='FewShotDataset',
    n_per_class=2,
    seed=0,
    dataset=dict(
        type='SyntheticPoseDataset', domain='target', size=5000))
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
