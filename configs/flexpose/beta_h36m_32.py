# beta of 32 px trained on Human3.6M S1, S5, S6; judged on S7.
_base_ = [
    '../_base_/models/beta_training.py', '../_base_/models/beta_32.py',
    '../_base_/datasets/h36m_source.py'
]
model = dict(data_preprocessor=_base_.beta_canvas, **_base_.beta)
train_dataloader = dict(dataset=_base_.source)
val_dataloader = dict(dataset=dict(_base_.source_val, test_mode=True))
test_dataloader = val_dataloader
