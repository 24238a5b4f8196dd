"""PoseDifficultyHook with its sampler in both kinds of loops."""
import json

import numpy as np
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import DATASETS, HOOKS

from flexpose_mm import UserError
from flexpose_mm.datasets.datasets.collect import collect_items, item_info
from flexpose_mm.skeletons import BODY15, MAPPINGS

HOOK = dict(type='PoseDifficultyHook', train=dict(steps=5), figures=False)
FLOW = dict(type='PoseFlow', width=16, depth=1)


class Record(Hook):
    """Keeps the numbers of the items of each batch."""

    def __init__(self):
        self.items = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.items.append([s.sample_idx for s in data_batch['data_samples']])


def run(folder, loop, sampler=dict(type='DifficultySampler', share=.4),
        hook=HOOK, dataset=None, resume=None, workers=0, **kwargs):
    """Train; the batches and the scores' ranks of the items."""
    cfg = tiny.fields(
        folder, FLOW, dataset or tiny.poses(40), tiny.adam(), batch=3,
        custom_hooks=[hook, dict(type='ExactResumeHook')], **kwargs)
    cfg['train_dataloader'].update(sampler=sampler, num_workers=workers)
    cfg['train_cfg'] = loop
    cfg['default_hooks']['checkpoint'].update(interval=4)
    if resume:
        cfg.update(load_from=str(resume), resume=True)
    cfg['experiment_name'] = f'difficulty_{next(tiny._names)}'
    runner = Runner.from_cfg(Config(cfg))
    record = Record()
    runner.register_hook(record)
    runner.train()
    score = runner._hooks
    found = next(h for h in score if type(h).__name__ == HOOK['type'])
    ranks = np.argsort(np.argsort(found.difficulty.scores))
    return record.items, ranks


EPOCHS = dict(type='EpochBasedTrainLoop', max_epochs=2)
ITERS = dict(type='IterBasedTrainLoop', max_iters=9)


def test_epochs_are_made_of_the_hardest(tmp_path):
    items, ranks = run(tmp_path, EPOCHS)
    assert [len(b) for b in items[:14]] == [3] * 13 + [1]
    assert len(items) == 28
    drawn = ranks[np.concatenate(items)]
    assert set(drawn) == set(range(24, 40))


@pytest.mark.parametrize('workers', [0, 1])
def test_iterations_are_made_of_the_hardest(tmp_path, workers):
    """The loop opens its loader before the scores are known."""
    items, ranks = run(tmp_path, ITERS, workers=workers)
    assert len(items) == 9
    assert set(ranks[np.concatenate(items)]) <= set(range(24, 40))


def test_curriculum_by_iteration(tmp_path):
    items, ranks = run(
        tmp_path, ITERS, dict(type='DifficultySampler', mode='curriculum'))
    assert ranks[np.concatenate(items[:3])].max() < 14.5
    assert ranks[np.concatenate(items[:6])].max() < 27.5
    assert ranks[np.concatenate(items)].max() > 14


@pytest.mark.parametrize('loop', [EPOCHS, ITERS], ids=['epochs', 'iters'])
def test_resume_goes_on_in_the_same_order(tmp_path, loop):
    whole, _ = run(tmp_path / 'a', loop)
    rest, _ = run(tmp_path / 'b', loop, resume=tmp_path / 'a' / 'iter_4.pth')
    assert whole[4:] == rest
    last = [
        torch.load(p, weights_only=True)['state_dict']
        for p in (tmp_path / 'a/iter_8.pth', tmp_path / 'b/iter_8.pth')
    ]
    assert all(torch.equal(last[0][k], last[1][k]) for k in last[0])


def test_scored_once_with_pictures(tmp_path):
    hook = dict(HOOK, figures=True, cache_dir=str(tmp_path / 'cache'))
    run(tmp_path / 'a', ITERS, hook=hook)
    files = {p.name[:4]: p.stat().st_mtime_ns
             for p in (tmp_path / 'cache').iterdir()}
    assert {'bins', 'simi', 'vae_'} <= set(files) and len(files) == 4
    run(tmp_path / 'b', ITERS, hook=hook)
    again = {p.name[:4]: p.stat().st_mtime_ns
             for p in (tmp_path / 'cache').iterdir()}
    assert files['vae_'] == again['vae_'] and len(again) == 4


def test_training_without_the_sampler_is_untouched(tmp_path):
    plain = dict(type='InfiniteSampler', shuffle=True)
    with_hook, _ = run(tmp_path / 'a', ITERS, plain)
    without, _ = run(tmp_path / 'b', ITERS, plain, dict(HOOK, num_bins=5))
    assert with_hook == without


def test_sampler_without_hook(tmp_path):
    with pytest.raises(UserError, match='PoseDifficultyHook'):
        run(tmp_path, ITERS, hook=dict(type='SyncBuffersHook'))


def test_too_few_poses_for_the_bins(tmp_path):
    with pytest.raises(UserError, match='usable poses=20'):
        run(tmp_path, ITERS, dataset=tiny.poses(20))
    with pytest.raises(UserError, match='num_bins=0'):
        HOOKS.build(dict(HOOK, num_bins=0))


# -- any dataset -----------------------------------------------------------


def coco(folder, joints, n, meta=None):
    """A COCO file of n persons; its config."""
    rng = np.random.default_rng(joints)
    points = rng.uniform(1, 60, (n, joints, 3)).round(2)
    points[..., 2] = 2
    data = dict(
        images=[dict(id=i, file_name=f'{i}.jpg', width=64, height=64)
                for i in range(n)],
        categories=[dict(id=1, name='person',
                         keypoints=[f'k{j}' for j in range(joints)])],
        annotations=[dict(id=i, image_id=i, category_id=1, iscrowd=0,
                          bbox=[0, 0, 62, 62], area=3844, keypoints=list(
                              points[i].ravel()), num_keypoints=joints)
                     for i in range(n)])
    path = folder / f'coco{joints}.json'
    path.write_text(json.dumps(data))
    return dict(type='CocoDataset', ann_file=str(path),
                **({} if meta is None else dict(metainfo=meta)))


def test_items_of_any_dataset_in_order(tmp_path):
    from mmengine.dataset import ConcatDataset, RepeatDataset
    from mmengine.registry import init_default_scope
    from torch.utils.data import Subset
    init_default_scope('mmpose')
    first = DATASETS.build(coco(tmp_path, 17, 5))
    poses, visible, owner = collect_items(first)
    assert poses.shape == (5, 17, 2) and owner.tolist() == list(range(5))
    repeated, _, owner = collect_items(RepeatDataset(first, 2))
    assert np.array_equal(repeated, np.concatenate([poses, poses]))
    joined, _, _ = collect_items(ConcatDataset([first, first]))
    assert np.array_equal(joined, repeated)
    part, _, _ = collect_items(Subset(first, [3, 1]))
    assert np.array_equal(part, poses[[3, 1]])


def test_items_of_a_combined_dataset_have_converted_joints(tmp_path):
    from mmengine.registry import init_default_scope
    init_default_scope('mmpose')
    load = dict(type='LoadImage')  # must not be called: there is no file
    parts = [
        dict(coco(tmp_path, 17, 3), pipeline=[
            load, MAPPINGS['coco17'].converter_cfg]),
        dict(coco(tmp_path, 16, 4,
                  dict(from_file='configs/_base_/datasets/mpii.py')),
             pipeline=[load, MAPPINGS['mpii16'].converter_cfg])
    ]
    both = DATASETS.build(
        dict(type='CombinedDataset', metainfo=BODY15.metainfo,
             datasets=parts))
    poses, visible, owner = collect_items(both)
    assert poses.shape == (7, 15, 2) and visible.all()
    assert owner.tolist() == list(range(7))
    raw = item_info(both.datasets[1], 2)['keypoints'][0]
    assert np.allclose(poses[5, 0], raw[9])  # MPII's head top
    mixed = DATASETS.build(
        dict(type='CombinedDataset', metainfo=BODY15.metainfo,
             datasets=parts, sample_ratio_factor=[1., .5]))
    with pytest.raises(UserError, match='sample_ratio_factor'):
        collect_items(mixed)


def test_what_is_no_pose_dataset():
    with pytest.raises(UserError, match='get_data_info'):
        collect_items([1, 2])
