"""The dataset class and the body images."""
import numpy as np
import pytest
from mmpose.registry import DATASETS

from flexpose_mm.datasets.synthetic import (SOURCE_STYLE, TARGET_STYLE,
                                            SyntheticPoseDataset, draw_look,
                                            make_poses, render_body)
from flexpose_mm.datasets.synthetic.body import OCCLUDER, PARTS
from flexpose_mm.errors import UserError


def test_items():
    data = DATASETS.build(
        dict(type='SyntheticPoseDataset', domain='target', size=50))
    assert len(data) == 50
    assert data.poses.shape == (50, 15, 2)
    assert data.visible.shape == (50, 15) and data.visible.all()
    assert data.poses_3d.shape == (50, 15, 3)
    assert set(data.classes) <= set(data.domain.classes)
    item = data[7]
    assert item['keypoints'].shape == (1, 15, 2)
    assert item['keypoints'].dtype == np.float32
    assert np.array_equal(item['keypoints'][0], data.poses[7])
    assert item['keypoints_visible'].shape == (1, 15)
    assert item['keypoints_3d'].shape == (1, 15, 3)
    assert item['class_name'] == data.classes[7]
    assert item['dataset_name'] == 'synthetic_target'
    assert data.metainfo['num_keypoints'] == 15
    low, high = data.poses[7].min(0), data.poses[7].max(0)
    assert (item['bbox'][0, :2] <= low).all()
    assert (item['bbox'][0, 2:] >= high).all()
    camera = item['camera_param']
    assert camera['R'].shape == (3, 3) and camera['T'].shape == (3, 1)
    assert camera['f'].shape == camera['c'].shape == (2, 1)
    assert camera['w'] == camera['h'] == 128
    assert 'img' not in item


def test_both_domains_have_their_classes():
    for domain, number in (('source', 12), ('target', 6)):
        data = SyntheticPoseDataset(domain, size=400)
        assert len(set(data.classes)) == number


def test_splits_and_seeds_share_nothing():
    firsts = [
        SyntheticPoseDataset('source', 5, seed, split).poses[0]
        for seed in (0, 1) for split in ('train', 'val', 'test')
    ]
    assert len(np.unique(np.stack(firsts), axis=0)) == 6
    short = SyntheticPoseDataset('source', 30, seed=1, images=True)
    long = SyntheticPoseDataset('source', 90, seed=1, images=True)
    assert np.array_equal(short.poses, long.poses[:30])
    assert np.array_equal(short[17]['img'], long[17]['img'])


def test_images_are_drawn_once_for_all_runs(tmp_path, monkeypatch):
    args = dict(size=5, images=True, image_size=48)
    plain = SyntheticPoseDataset('target', **args)
    kept = SyntheticPoseDataset('target', cache_dir=str(tmp_path), **args)
    want = [plain[i] for i in (4, 1)]

    def same(data):
        return all(
            np.array_equal(data[i][key], item[key])
            for i, item in zip((4, 1), want) for key in ('img', 'occluded'))

    assert same(kept)
    file, = tmp_path.iterdir()
    kept[4]['img'][:] = 0  # the reader's own copy
    with monkeypatch.context() as patch:
        patch.setattr(SyntheticPoseDataset, '_image', None)
        again = SyntheticPoseDataset('target', cache_dir=str(tmp_path),
                                     **args)
        assert same(again)
        part = again.get_subset([4])
        assert np.array_equal(part[0]['img'], want[0]['img'])
    file.write_bytes(file.read_bytes()[:500])  # damaged: drawn again
    assert same(SyntheticPoseDataset('target', cache_dir=str(tmp_path),
                                     **args))
    for change in (dict(seed=1), dict(style='source'),
                   dict(channel_order='rgb')):
        SyntheticPoseDataset('target', cache_dir=str(tmp_path), **args,
                             **change)[0]
    assert len(list(tmp_path.iterdir())) == 4


def test_subset_keeps_everything_together():
    data = SyntheticPoseDataset('source', 40, images=True)
    part = data.get_subset([31, 4])
    assert len(part) == 2 and len(data) == 40
    for key in ('keypoints', 'keypoints_3d', 'img', 'occluded'):
        assert np.array_equal(part[1][key], data[4][key])
    assert part[0]['class_name'] == data[31]['class_name']
    assert np.array_equal(part.poses_3d[0], data.poses_3d[31])
    last = SyntheticPoseDataset('source', 40, indices=-3)
    assert np.array_equal(last.poses, data.poses[-3:])


def test_looks_and_poses_can_be_parted():
    plain = SyntheticPoseDataset('source', 5, images=True)
    other = SyntheticPoseDataset('source', 5, images=True, style='target')
    assert np.array_equal(plain.poses, other.poses)
    means = [
        np.mean([d[i]['img'].mean() for i in range(5)]) for d in (plain, other)
    ]
    assert means[0] > means[1] + 20  # the target is a dim place


def test_twelve_shots():
    shots = DATASETS.build(
        dict(
            type='FewShotDataset',
            dataset=dict(
                type='SyntheticPoseDataset', domain='target', size=200),
            n_per_class=2,
            seed=0))
    assert shots.poses.shape == (12, 15, 2)
    assert len(set(shots.classes)) == 6


def test_lazy_init():
    data = SyntheticPoseDataset('source', 10, lazy_init=True)
    assert data._poses is None
    assert len(data) == 10


def test_mmpose_pipeline():
    data = SyntheticPoseDataset(
        'source',
        6,
        images=True,
        pipeline=[
            dict(type='GetBBoxCenterScale'),
            dict(type='TopdownAffine', input_size=(64, 64)),
            dict(
                type='GenerateTarget',
                encoder=dict(
                    type='MSRAHeatmap',
                    input_size=(64, 64),
                    heatmap_size=(16, 16),
                    sigma=1.)),
            dict(type='PackPoseInputs')
        ])
    item = data[3]
    assert tuple(item['inputs'].shape) == (3, 64, 64)
    sample = item['data_samples']
    assert tuple(sample.gt_fields.heatmaps.shape) == (15, 16, 16)
    assert sample.dataset_name == 'synthetic_source'
    assert sample.ori_shape == (128, 128)


@pytest.mark.parametrize('size', [64, 128])
@pytest.mark.parametrize('domain', ['source', 'target'])
def test_images(domain, size):
    data = SyntheticPoseDataset(domain, 12, images=True, image_size=size)
    for i in range(12):
        item = data[i]
        assert item['img'].shape == (size, size, 3)
        assert item['img'].dtype == np.uint8
        assert item['img'].std() > 10
        assert item['occluded'].shape == (1, 15)
        assert item['occluded'].dtype == bool
        assert item['keypoints_visible'].all()
    rgb = SyntheticPoseDataset(
        domain, 12, images=True, image_size=size, channel_order='rgb')
    assert np.array_equal(rgb[11]['img'], item['img'][..., ::-1])


@pytest.mark.parametrize('style', [SOURCE_STYLE, TARGET_STYLE])
def test_limbs_have_their_colour_at_seen_joints(style):
    """Shading and cloth change brightness, not the hue."""
    made = make_poses('source', 40, seed=8, image_size=128)
    joints = {4: 'upper_arm', 5: 'hand', 10: 'thigh', 11: 'shin'}
    matches, hidden = [], []
    for i in range(40):
        rng = np.random.default_rng(i)
        look = draw_look(style, rng)
        drawn = render_body(made['keypoints_3d'][i], made['camera']['f'][i],
                            made['camera']['c'][i], 128, style, rng, look)
        hidden += drawn['occluded'].tolist()
        for joint in joints:
            if drawn['occluded'][joint]:
                continue
            x, y = np.rint(made['keypoints'][i, joint]).astype(int)
            part = PARTS[drawn['parts'][y, x]]
            assert joint in (part.start, part.end)
            color = look.colors[part.material if look.sleeves else part.bare]
            seen = drawn['img'][y, x].astype(float)
            cosine = seen @ color / np.linalg.norm(seen) / np.linalg.norm(
                color)
            matches.append(cosine > .97)
    assert len(matches) > 80
    assert np.mean(matches) > .95
    assert 0 < np.mean(hidden) < .4


def test_an_occluder_hides_joints():
    import dataclasses
    style = dataclasses.replace(SOURCE_STYLE, occluder=1.)
    made = make_poses('source', 10, seed=8, image_size=128)
    for i in range(10):
        drawn = render_body(made['keypoints_3d'][i], made['camera']['f'][i],
                            made['camera']['c'][i], 128, style,
                            np.random.default_rng(i))
        assert (drawn['parts'] == OCCLUDER).any()
        assert drawn['occluded'].any()


@pytest.mark.parametrize('kwargs, field', [
    (dict(domain='moon'), 'domain'),
    (dict(size=0), 'size'),
    (dict(seed=-1), 'seed'),
    (dict(split='dev'), 'split'),
    (dict(image_size=4), 'image_size'),
    (dict(style='baroque'), 'style'),
    (dict(channel_order='hsv'), 'channel_order'),
])
def test_mistakes(kwargs, field):
    with pytest.raises(UserError, match=field):
        SyntheticPoseDataset(**{**dict(size=5), **kwargs})
