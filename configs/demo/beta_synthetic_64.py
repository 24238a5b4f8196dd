# beta of 64 px: reads any 15-joint pose from a skeleton image.
_base_ = [
    '../_base_/models/beta_training.py', '../_base_/models/beta_64.py',
    '../_base_/datasets/synthetic_poses.py'
]
model = dict(data_preprocessor=_base_.beta_canvas, **_base_.beta)
train_dataloader = dict(dataset=_base_.source)
val_dataloader = dict(
    dataset=dict(
        _base_.source_val, domain='target', size=512, test_mode=True))
test_dataloader = val_dataloader
