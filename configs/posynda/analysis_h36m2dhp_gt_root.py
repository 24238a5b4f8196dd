# For analysis only: hypotheses are projected from the TRUE root, as in the
# released code. It leaks labels; compare with posynda_h36m2dhp.py.
_base_ = ['./posynda_h36m2dhp.py']
model = dict(adaptation=dict(root='gt'))
train_dataloader = dict(
    dataset=dict(target=dict(with_3d=True, with_trajectory=True)))
