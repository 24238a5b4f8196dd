# Stage 1 of Table 1 at full size: Human3.6M S1, ground-truth 2D, F = 243.
_base_ = [
    '../_base_/models/mixste.py',
    '../_base_/datasets/h36m_s1_lifting_official.py'
]
