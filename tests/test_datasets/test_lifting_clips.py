"""Clips for lifters: layout, items, mirror, selection; needs no data."""
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lifting_files import plain, stand_in, world_clips, write_plain
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS, METRICS
from shrink import nodes

from flexpose_mm.cli import read_config
from flexpose_mm.datasets.datasets.lifting_clip import (clip_starts,
                                                        fill_missing)
from flexpose_mm.datasets.transforms import RandomFlipClip, flip_clip
from flexpose_mm.models.lifting.camera import project

ROOT = Path(__file__).resolve().parents[2] / 'configs/_base_/datasets'
BASES = sorted(p.stem for p in ROOT.glob('*_lifting*.py'))
META = dict(type='LiftingClipDataset', seq_len=9)


def build(path, arrays=None, **kwargs):
    np.savez(path / 'clips.npz', **(arrays or plain()))
    return DATASETS.build(
        dict(META, ann_file='clips.npz', data_root=str(path)) | kwargs)


# -- clips ----------------------------------------------------------------
@given(st.integers(1, 200), st.integers(1, 50))
def test_training_clips_are_disjoint_and_centred(length, seq_len):
    starts = clip_starts(length, seq_len, seq_len, False)
    n = -(-length // seq_len)
    assert len(starts) == n and (np.diff(starts) == seq_len).all()
    assert starts[0] == -((n * seq_len - length) // 2)
    after = starts[-1] + seq_len - length
    assert 0 <= after + starts[0] <= 1  # one frame more after than before


@given(st.integers(1, 200), st.integers(1, 50))
def test_test_clips_end_with_the_video(length, seq_len):
    starts = clip_starts(length, seq_len, seq_len, True)
    assert len(starts) == -(-length // seq_len)
    assert starts[0] == 0 and starts[-1] == max(length - seq_len, 0)


def test_golden_number_of_clips():
    """Fact sheet, section 15: F = 243, TS1 to TS6."""
    lengths = (6151, 6080, 5838, 6007, 320, 492)
    assert [len(clip_starts(n, 243, 243, True)) for n in lengths] == [
        26, 26, 25, 25, 2, 3]


@pytest.mark.parametrize('length, step', [(40, 1), (5, 1), (9, 1), (40, 3)])
@pytest.mark.parametrize('test_mode', [False, True])
def test_each_frame_counts_once(tmp_path, length, step, test_mode):
    dataset = build(tmp_path, plain(2, length), seq_step=step,
                    test_mode=test_mode)
    counted = {}
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        frames = counted.setdefault(info['sequence'], [])
        frames += info['frames'][info['frame_weight']].tolist()
        assert (np.diff(info['frames']) >= 0).all()
    assert set(counted) == {'S0/Walk', 'S1/Walk'}
    for frames in counted.values():
        assert sorted(frames) == list(range(0, length, step))


def test_overlap_and_edges(tmp_path):
    dataset = build(tmp_path, plain(1, 20), test_mode=True)
    assert len(dataset) == 3
    second, last = dataset.get_data_info(1), dataset.get_data_info(-1)
    assert last['frames'].tolist() == list(range(11, 20))
    assert last['frame_weight'].all()
    assert second['frame_weight'].sum() == 2  # 9, 10; the rest is the last's
    assert not second['lifting_target_visible'][2:].any()
    short = build(tmp_path, plain(1, 4), test_mode=True)
    info = short.get_data_info(0)
    assert info['frames'].tolist() == [0, 1, 2, 3, 3, 3, 3, 3, 3]
    assert info['frame_weight'].sum() == 4


def test_overlapping_training_clips(tmp_path):
    assert len(build(tmp_path, plain(1, 40), stride=3)) == 12
    # in testing each frame is predicted once all the same
    assert len(build(tmp_path, plain(1, 40), stride=3, test_mode=True)) == 5


# -- items ----------------------------------------------------------------
def test_item(tmp_path):
    arrays = plain()
    dataset = build(tmp_path, arrays)
    item = dataset[1]
    sample, inputs = item['data_samples'], item['inputs']
    assert inputs.shape == (9, 17, 2) and inputs.dtype == torch.float32
    frames = sample.metainfo['frames']
    seen = arrays['keypoints_2d'][frames]
    assert np.allclose(inputs, 2 * seen / 1000 - 1, atol=1e-6)
    target = sample.gt_instance_labels.lifting_target
    assert not target[:, 0].any()
    truth = arrays['positions'][frames]
    assert np.allclose(target, truth - truth[:, :1], atol=1e-6)
    assert 'trajectory' not in sample.gt_instance_labels
    again = project(torch.tensor(truth), torch.tensor(sample.metainfo[
        'camera']))
    assert (again - inputs).abs().max() < 1e-4
    assert sample.gt_instance_labels.keypoint_weights.shape == (9, 17)
    assert sample.gt_instances.lifting_target.shape == (9, 17, 3)
    assert sample.metainfo['image_size'] == (1000, 1000)
    named = build(tmp_path, arrays, test_mode=True)[1]['data_samples']
    assert named.metainfo['target_img_path'][0] == 'S0_Walk.0_000010.jpg'
    assert dataset.metainfo['num_keypoints'] == 17
    batch = pseudo_collate([dataset[i] for i in range(2)])
    assert len(batch['inputs']) == 2


def test_without_3d_there_is_nothing_to_leak(tmp_path):
    dataset = build(tmp_path, with_3d=False)
    sample = dataset[0]['data_samples']
    assert dataset.videos.positions is None
    for part in (sample.gt_instance_labels, sample.gt_instances):
        assert not {'lifting_target', 'trajectory'} & set(part.keys())
    unlabelled = build(tmp_path, plain(positions=None), with_3d=False)
    assert len(unlabelled) == len(dataset)


def test_trajectory_on_request(tmp_path):
    arrays = plain()
    sample = build(tmp_path, arrays, with_trajectory=True)[2]['data_samples']
    want = arrays['positions'][sample.metainfo['frames'], 0]
    assert np.allclose(sample.gt_instance_labels.trajectory, want)


def test_portrait_images_divide_by_the_longer_side(tmp_path):
    arrays = plain(cam_wh=np.array([1000, 2000]))
    points = arrays['keypoints_2d']
    dataset = build(tmp_path, arrays, norm_size='longer')
    info = dataset.get_data_info(0)
    assert info['norm_size'] == 2000
    assert np.allclose(info['keypoints'][4], (2 * points[info['frames'][4]] -
                                              [1000, 2000]) / 2000, atol=1e-6)
    truth = arrays['positions'][info['frames']]
    assert np.allclose(
        project(torch.tensor(truth), torch.tensor(info['camera'])),
        info['keypoints'], atol=1e-4)


@pytest.mark.parametrize('order', ['h36m17', '3dhp17'])
def test_orders_come_out_alike(tmp_path, order):
    want = build(tmp_path).get_data_info(0)
    got = build(tmp_path, plain(order=order)).get_data_info(0)
    for key in ('keypoints', 'lifting_target'):
        assert (got[key] == want[key]).all()
    assert got['joint_order'] == 'h36m17'


def test_zero_confidence_is_missing(tmp_path):
    scores = np.ones((80, 17), np.float32)
    scores[3, 5] = 0
    scores[:40, 9] = 0
    points = plain()['keypoints_2d'].copy()
    points[3, 5] = np.nan  # what has no confidence may be anything
    points[:40, 9] = -1e6
    arrays = plain(keypoint_scores=scores, keypoints_2d=points)
    info = build(tmp_path, arrays).get_data_info(0)
    row = info['frames'].tolist().index(3)
    assert info['keypoint_weights'][row, 5] == 0
    assert not info['keypoint_weights'][:, 9].any()
    assert np.isfinite(info['keypoints']).all()
    assert np.abs(info['keypoints']).max() < 1.2
    assert np.allclose(info['keypoints'][row, 5],
                       info['keypoints'][row - 1, 5])
    whole = build(tmp_path, arrays, require_all=True)
    assert {whole.get_data_info(i)['sequence']
            for i in range(len(whole))} == {'S1/Walk'}


def test_fill_missing_takes_the_nearest_frame():
    points = np.arange(10.).reshape(5, 1, 2).repeat(2, 1)
    seen = np.array([[1, 0], [0, 0], [0, 0], [1, 0], [1, 0]], bool)
    got = fill_missing(points, seen)
    assert got[:, 0, 0].tolist() == [0, 0, 6, 6, 8]
    assert (got[:, 1] == got[:, 0]).all()  # the mean of those that are there
    assert not fill_missing(points, np.zeros((5, 2), bool)).any()


def test_invalid_frames_do_not_count(tmp_path):
    valid = np.ones(80, bool)
    valid[10:20] = False
    dataset = build(tmp_path, plain(valid=valid), test_mode=True)
    counted = sum(
        dataset.get_data_info(i)['frame_weight'].sum()
        for i in range(len(dataset)))
    assert counted == 70


# -- selection ------------------------------------------------------------
def test_select_and_indices(tmp_path):
    assert len(build(tmp_path)) == 10
    one = build(tmp_path, select=dict(subject=['S1'], action='Walk'))
    assert len(one) == 5 and one.get_data_info(0)['subject'] == 'S1'
    picked = build(tmp_path, indices=[7, 0])
    assert len(picked) == 2
    assert picked.get_data_info(0)['sequence'] == 'S1/Walk'
    assert len(build(tmp_path).get_subset(-3)) == 3


def test_uncompressed_files_are_mapped(tmp_path):
    assert isinstance(build(tmp_path).videos.positions, np.memmap)
    np.savez_compressed(tmp_path / 'small.npz', **plain())
    packed = DATASETS.build(
        dict(META, ann_file=str(tmp_path / 'small.npz')))
    assert not isinstance(packed.videos.positions, np.memmap)
    assert (packed[0]['inputs'] == build(tmp_path)[0]['inputs']).all()


# -- the mirror -----------------------------------------------------------
def test_flip(tmp_path):
    info = build(tmp_path, with_trajectory=True).get_data_info(1)
    info['camera'][7] = .01
    flipped = flip_clip(info)
    assert (flipped['lifting_target'][:, 11, 0] ==
            -info['lifting_target'][:, 14, 0]).all()
    assert (flipped['keypoints'][:, 2, 1] == info['keypoints'][:, 5, 1]).all()
    assert flipped['camera'][7] == np.float32(-.01)
    assert flipped['trajectory'][0, 0] == -info['trajectory'][0, 0]
    flipped['camera'][7] = info['camera'][7] = 0  # a linear camera's picture
    points = flipped['lifting_target'] + flipped['trajectory'][:, None]
    got = project(torch.tensor(points), torch.tensor(flipped['camera']))
    assert np.allclose(got, flipped['keypoints'], atol=1e-4)
    twice = flip_clip(flip_clip(info))
    for key in ('keypoints', 'lifting_target', 'camera', 'trajectory'):
        assert (twice[key] == info[key]).all()
    assert not twice['flip']


def test_random_flip(tmp_path):
    dataset = build(tmp_path, with_3d=False, pipeline=[
        dict(type='RandomFlipClip'), dict(type='PackClip')])
    np.random.seed(0)
    flips = [bool(dataset[0]['data_samples'].get('flip')) for _ in range(40)]
    assert 8 < sum(flips) < 32
    with pytest.raises(ValueError, match='prob=2'):
        RandomFlipClip(2)
    info = dataset.get_data_info(0)
    assert RandomFlipClip(0.)(info) is info


# -- other sources --------------------------------------------------------
def test_synthetic_clips_depend_on_seed_and_number_only():
    def clips(**kwargs):
        return DATASETS.build(
            dict(type='SyntheticLiftingDataset', frames=20, seq_len=9) |
            kwargs)

    few, more = clips(videos=3), clips(videos=5)
    assert len(few) == 9 and len(more) == 15
    for i in range(9):
        assert torch.equal(few[i]['inputs'], more[i]['inputs'])
    for other in (clips(videos=3, seed=1), clips(videos=3, split='test'),
                  clips(videos=3, domain='target')):
        assert not torch.equal(few[0]['inputs'], other[0]['inputs'])
    info = more.get_data_info(4)
    points = info['lifting_target'][4]
    assert np.allclose((points[8] + points[0]) / 2, points[7], atol=1e-6)
    assert more.metainfo['dataset_name'] == 'synthetic_source'


def test_world_positions_through_virtual_cameras(tmp_path):
    np.savez(tmp_path / 'world.npz', **world_clips())
    cfg = dict(type='CMULiftingDataset', seq_len=9,
               ann_file=str(tmp_path / 'world.npz'))
    dataset, again = DATASETS.build(cfg), DATASETS.build(cfg)
    other = DATASETS.build(dict(cfg, seed=1))
    videos = dataset.videos
    assert len(videos) == 8 and set(videos.subject) == {'CMU'}
    assert (videos.keypoints == again.videos.keypoints).all()
    assert not (videos.keypoints == other.videos.keypoints).any()
    assert videos.positions[..., 2].min() > 2
    assert 0 <= videos.keypoints.min() and videos.keypoints.max() < 1002
    one = DATASETS.build(dict(cfg, cameras=['60457274']))
    assert (one.videos.keypoints[:40] == videos.keypoints[120:160]).all()
    # a wider lens shows the same scene smaller, about the same centre
    wide = DATASETS.build(dict(cfg, zoom=.6)).videos
    near, far = ((v.keypoints.reshape(8, -1, 17, 2) -
                  v.c[:, None, None]) / v.wh[:, None, None]
                 for v in (videos, wide))
    assert (wide.positions == videos.positions).all()
    assert np.allclose(far, .6 * near, atol=1e-5)
    # upright persons stand upright before the camera: y points down
    item = dataset.get_data_info(0)['lifting_target']
    assert item[:, 10, 1].mean() < 0 < item[:, 3, 1].mean()


def test_3dpw_scores_what_smpl_has(tmp_path):
    write_plain(tmp_path / 'pw3d.npz')
    cfg = dict(type='PW3DLiftingDataset', ann_file=str(tmp_path / 'pw3d.npz'),
               seq_len=9)
    seen = DATASETS.build(dict(cfg, test_mode=True)).get_data_info(0)
    assert seen['lifting_target_visible'].sum(1).tolist() == [13] * 9
    train = DATASETS.build(cfg)
    assert train.norm_size == 'longer'
    assert train.get_data_info(1)['lifting_target_visible'].all()


# -- configs --------------------------------------------------------------
@pytest.mark.parametrize('name', BASES)
def test_bases_of_configs(name, tmp_path, monkeypatch):
    """Source and target are built; the target has no 3D; metrics exist."""
    cfg = read_config(str(ROOT / f'{name}.py'))._cfg_dict
    for node in nodes(cfg):
        if 'ann_file' in node:
            stand_in(node, tmp_path)
        if 'videos' in node:
            node['videos'] = 4
    pair = DATASETS.build(cfg.pair)
    item = pair[len(pair) - 1]
    assert 'lifting_target' in item['source']['data_samples'].\
        gt_instance_labels
    assert 'lifting_target' not in item['target']['data_samples'].\
        gt_instance_labels
    test = DATASETS.build(cfg.test_dataloader.dataset)
    assert test.test_mode and test.seq_len == pair.source.seq_len
    assert test[0]['inputs'].shape == (test.seq_len, 17, 2)
    assert len([METRICS.build(m) for m in cfg.test_evaluator]) >= 2


# -- pairs and metrics ----------------------------------------------------
def test_pairs_of_domains(tmp_path):
    clips = dict(type='SyntheticLiftingDataset', videos=3, frames=20,
                 seq_len=9)
    pairs = DATASETS.build(
        dict(
            type='DomainPairDataset',
            source=clips,
            target=dict(clips, domain='target', with_3d=False)))
    assert len(pairs) == 9
    batch = pseudo_collate([pairs[0], pairs[8]])
    assert torch.stack(batch['source']['inputs']).shape == (2, 9, 17, 2)
    target = batch['target']['data_samples'][0]
    assert 'lifting_target' not in target.gt_instance_labels


@pytest.mark.parametrize('kind', ['MPJPE', 'MillimetreMPJPE', 'PCK3D'])
def test_metrics_read_the_samples(tmp_path, kind):
    """MMPose's own MPJPE included, which finds the action in the names."""
    dataset = build(tmp_path, plain(action=np.array(['a_b', 'c.d/e'])),
                    test_mode=True)
    metric = METRICS.build(dict(type=kind))
    for i in range(len(dataset)):
        sample = dataset[i]['data_samples'].to_dict()
        truth = sample['gt_instances']['lifting_target']
        off = truth + np.array([.05, 0, 0], np.float32)
        off[~sample['gt_instances']['frame_weight']] = 99.
        sample['pred_instances'] = dict(keypoints=off)
        metric.process([], [sample])
    got = metric.evaluate(len(dataset))
    if kind == 'PCK3D':
        assert got['PCK@150mm'] == 100.
    else:
        unit = 1 if kind == 'MPJPE' else 1000
        assert got['MPJPE'] == pytest.approx(.05 * unit, rel=1e-4)
        assert {'MPJPE_a-b', 'MPJPE_c-d-e'} <= set(got)
