# beta of 32 px trained on CMU's motion; judged on window washing.
_base_ = [
    '../_base_/models/beta_training.py', '../_base_/models/beta_32.py',
    '../_base_/datasets/cmu_poses.py'
]
model = dict(data_preprocessor=_base_.beta_canvas, **_base_.beta)
train_dataloader = dict(dataset=_base_.source)
val_dataloader = dict(dataset=dict(_base_.source_val, test_mode=True))
test_dataloader = val_dataloader
