# Source A+B+C, step 3: a regressor; judged on window washing, as for A.
_base_ = [
    '../../_base_/models/beta_training.py', '../../_base_/models/beta_32.py',
    '../../_base_/datasets/three_sources.py'
]
model = dict(data_preprocessor=_base_.beta_canvas, **_base_.beta)
train_dataloader = dict(dataset=_base_.sources)
val_dataloader = dict(dataset=dict(_base_.source_val, test_mode=True))
test_dataloader = val_dataloader
