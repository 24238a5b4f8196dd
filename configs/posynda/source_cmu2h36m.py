# Stage 1 on CMU motion capture, at a size for two CPU cores.
_base_ = [
    '../_base_/models/lifter_small.py',
    '../_base_/datasets/cmu2h36m_lifting.py'
]
