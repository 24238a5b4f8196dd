# Direct, the lower bound: the bank holds source poses.
_base_ = ['./synthetic_aligned.py']
bank = dict(
    type='SyntheticPoseDataset', domain='source', size=33000, seed=1)
custom_hooks = [
    *_base_.hooks,
    dict(type='PoseBankHook', poses=bank, size=33000, **_base_.jitter)
]
