# Stage 2 at full size: Table 1, Human3.6M S1 to S5, S6, S7, S8, F = 243.
_base_ = [
    '../_base_/models/posynda.py',
    '../_base_/datasets/h36m_s1_lifting_official.py'
]
model = dict(
    backbone=dict(
        checkpoint='work_dirs/source_h36m_s1_paper/iter_206400.pth'))
train_dataloader = dict(dataset=dict(_delete_=True, **_base_.pair))
