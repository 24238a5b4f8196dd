# The embedded synthetic persons in motion, source to target; no download.
_base_ = ['./lifting_small.py']
clips = dict(type='SyntheticLiftingDataset', seq_len=_base_.F)
source = dict(clips, domain='source', videos=1000, pipeline=_base_.mirrored)
target = dict(
    clips,
    domain='target',
    videos=500,
    with_3d=False,
    pipeline=_base_.mirrored)
pair = dict(type='DomainPairDataset', source=source, target=target)
test = dict(
    clips, domain='target', split='test', videos=100, test_mode=True)
train_dataloader = dict(_base_.loader, dataset=source)
val_dataloader = dict(_base_.test_loader, dataset=test)
test_dataloader = val_dataloader
val_evaluator = [*_base_.mpjpe, dict(_base_.pck, average='frame')]
test_evaluator = val_evaluator
