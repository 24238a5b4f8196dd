# Stage 1 on Human3.6M, at a size for two CPU cores.
_base_ = [
    '../_base_/models/lifter_small.py',
    '../_base_/datasets/h36m2dhp_lifting.py'
]
