# Stage 1 on Human3.6M S1 alone, at a size for two CPU cores.
_base_ = [
    '../_base_/models/lifter_small.py',
    '../_base_/datasets/h36m_s1_lifting.py'
]
