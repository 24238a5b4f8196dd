# The shots alone: all of T (2 poses of 15 actions), no mixture.
_base_ = ['../adapt_mpii2h36m_30shot.py']
train_dataloader = dict(
    dataset=dict(include_shots=True, size=1, indices=30))
