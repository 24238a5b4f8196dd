# Stage 1 on the embedded synthetic persons, at a size for two CPU cores.
_base_ = [
    '../_base_/models/lifter_small.py',
    '../_base_/datasets/synthetic_lifting.py'
]
