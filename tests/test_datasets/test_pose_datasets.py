"""Array datasets, few-shot, mixup and generated poses."""
import json
import pickle
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS
from torch.utils.data import DataLoader

import flexpose_mm  # noqa: F401
from flexpose_mm.datasets import (FewShotDataset, GeneratedPoseDataset,
                                  KeypointArrayDataset, PoseMixupDataset,
                                  collect_poses, denormalize_poses,
                                  normalize_poses)
from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import map_joints

PIPELINE = [dict(type='NormalizePose'), dict(type='PackPose')]


def make_poses(num, joints=15, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 200, (num, joints, 2)).astype('f4')


@pytest.fixture
def npz(tmp_path):
    """12 rows x 2 views of MPII joints in an uncompressed file."""
    path = tmp_path / 'poses.npz'
    seen = np.ones((12, 2, 16), bool)
    seen[3, 1, 9] = False  # no head: one pose is not whole
    np.savez(path, points=make_poses(24, 16).reshape(12, 2, 16, 2),
             seen=seen, action=np.repeat(['walk', 'run', 'sit'], 4),
             split=np.array(['train', 'test'] * 6))
    return path


def dataset(path, **kwargs):
    args = dict(keypoints_key='points', mapping='mpii16', visible_key='seen',
                class_key='action')
    return KeypointArrayDataset(ann_file=str(path), **{**args, **kwargs})


@pytest.mark.parametrize('compressed', [False, True])
def test_keypoint_array(npz, compressed):
    if compressed:
        np.savez_compressed(npz, **np.load(npz))
    data = dataset(npz, pipeline=PIPELINE)
    assert isinstance(data._raw, np.memmap) != compressed
    raw = np.load(npz)['points'].reshape(24, 16, 2)
    want = np.delete(map_joints(raw, None, 'mpii16')[0], 7, 0)
    assert len(data) == 23 and (data.poses == want).all()
    assert data.poses.dtype == np.float32 and (data.visible == 1).all()
    assert data.classes.tolist()[6:9] == ['walk', 'run', 'run']
    item = data[8]
    assert item['inputs'].shape == (15, 2)
    sample = item['data_samples']
    assert sample.class_name == 'run' and sample.dataset_name == 'body15'
    back = denormalize_poses(sample.gt_instances.keypoints,
                             sample.canvas_center, sample.canvas_half_side)
    assert np.allclose(back[0], want[8], atol=1e-3)
    batch = pseudo_collate([data[0], data[1]])
    assert len(batch['inputs']) == 2


def test_data_info_has_what_mmpose_expects(npz):
    data = DATASETS.build(
        dict(type='KeypointArrayDataset', ann_file=npz.name,
             data_root=str(npz.parent), keypoints_key='points',
             mapping='mpii16'))
    info = data.get_data_info(-1)
    assert info['keypoints'].shape == (1, 15, 2)
    assert info['keypoints_visible'].shape == (1, 15)
    low, high = data.poses[-1].min(0), data.poses[-1].max(0)
    assert np.allclose(info['bbox'], [[*low, *high]])
    assert info['num_keypoints'] == 15 and info['category_id'] == 1
    assert {'flip_indices', 'sigmas', 'skeleton_links', 'num_keypoints',
            'dataset_name'} <= set(data.metainfo)
    assert info['id'] == info['sample_idx'] == len(data) - 1


def test_select_split_indices_and_subset(npz):
    assert len(dataset(npz, select=dict(action=['run', 'sit']))) == 16
    assert len(dataset(npz, select=dict(action='walk'), split='test')) == 3
    data = dataset(npz, indices=[3, -1])
    assert len(data) == 2 and data.classes.tolist() == ['walk', 'sit']
    assert len(dataset(npz, indices=-5)) == 5
    subset = data.get_subset([1])
    assert len(subset) == 1 and len(data) == 2
    lazy = dataset(npz, lazy_init=True)
    assert not lazy._fully_initialized and len(lazy) == 23
    whole = dataset(npz, require_all=False)
    assert len(whole) == 24 and whole.visible.sum() == 24 * 15 - 1


def test_metainfo_survives_weights_only(npz, tmp_path):
    meta = dataset(npz).metainfo
    assert pickle.loads(pickle.dumps(meta))['num_keypoints'] == 15
    torch.save(dict(meta=meta), tmp_path / 'x.pth')
    from flexpose_mm import compat  # noqa: F401, its safe globals
    loaded = torch.load(tmp_path / 'x.pth', weights_only=True)
    assert loaded['meta']['dataset_name'] == 'body15'


def test_memory_stays_flat(tmp_path):
    """A 96 MB file is checked and read with a few MB."""
    path = tmp_path / 'big.npy'
    big = np.lib.format.open_memmap(path, 'w+', 'f4', (800_000, 15, 2))
    big[:] = make_poses(1)[0]
    big.flush()
    del big
    tracemalloc.start()
    data = KeypointArrayDataset(ann_file=str(path))
    loader = DataLoader(data, batch_size=4, sampler=[0, 799_999, 5, 6],
                        collate_fn=pseudo_collate, num_workers=1)
    assert sum(len(batch['id']) for batch in loader) == 4
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data) == 800_000 and peak < 40e6


BAD = make_poses(4)
NAN = BAD.copy()
NAN[2, 3, 1] = np.nan
POINT = BAD.copy()
POINT[1:3] = 7
CASES = {
    'not an npz': (b'hello', {}, 'ann_file'),
    'truncated': (b'PK\x03\x04', {}, 'ann_file'),
    'missing array': (dict(a=BAD), {}, 'keypoints_key'),
    'last dims': (dict(keypoints=np.zeros((4, 15, 3))), {},
                  'keypoints.shape'),
    'text': (dict(keypoints=np.full((4, 15, 2), 'x')), {},
             'keypoints.shape'),
    'joints': (dict(keypoints=np.zeros((4, 14, 2))), {}, 'keypoints.shape'),
    'mapping joints': (dict(keypoints=BAD), dict(mapping='mpii16'),
                       'keypoints.shape'),
    'nan': (dict(keypoints=NAN), {}, 'keypoints[2]'),
    'inf': (dict(keypoints=NAN * np.inf), {}, 'keypoints[0]'),
    'invisible': (dict(keypoints=BAD, v=np.zeros((4, 15))),
                  dict(visible_key='v', require_all=False),
                  'keypoints_visible[0]'),
    'none whole': (dict(keypoints=BAD, v=np.eye(15)[:4]),
                   dict(visible_key='v'), 'require_all'),
    'visible shape': (dict(keypoints=BAD, v=np.zeros(4)),
                      dict(visible_key='v'), 'v.shape'),
    'zero area': (dict(keypoints=POINT), {}, 'keypoints[1]'),
    'select array': (dict(keypoints=BAD), dict(select=dict(s=1)), 'select'),
    'select value': (dict(keypoints=BAD, s=np.arange(4)),
                     dict(select=dict(s=[1, 9])), "select['s']"),
    'select nothing': (dict(keypoints=BAD, s=np.arange(4)),
                       dict(select=dict(s=[])), "select['s']"),
    'select empty': (dict(keypoints=BAD, s=np.arange(4), t=np.arange(4)),
                     dict(select=dict(s=1, t=2)), 'select'),
    'split': (dict(keypoints=BAD), dict(split='train'), 'select'),
    'class length': (dict(keypoints=BAD, c=np.arange(3)),
                     dict(class_key='c'), 'c.shape'),
    'mapping name': (dict(keypoints=BAD), dict(mapping='coco18'), 'mapping'),
    'mapping target': (dict(keypoints=BAD),
                       dict(mapping='mpii16', skeleton='face68'), 'mapping'),
    'skeleton name': (dict(keypoints=BAD), dict(skeleton='body'),
                      'skeleton'),
    'pickle': (dict(keypoints=np.array([dict(a=1)], dtype=object)), {},
               'keypoints_key'),
    'indices': (dict(keypoints=BAD), dict(indices=[4]), 'indices'),
    'no indices': (dict(keypoints=BAD), dict(indices=0), 'indices'),
    'no rows': (dict(keypoints=BAD[:0]), {}, 'keypoints_key'),
}


@pytest.mark.parametrize('save', [np.savez, np.savez_compressed])
@pytest.mark.parametrize('case', sorted(CASES))
def test_errors(tmp_path, case, save):
    content, kwargs, field = CASES[case]
    path = tmp_path / 'bad.npz'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        save(path, **content)
    with pytest.raises(UserError) as error:
        KeypointArrayDataset(ann_file=str(path), **kwargs)
    if case != 'no rows':
        assert error.value.field == field


def test_error_counts(tmp_path):
    np.savez(tmp_path / 'x.npz', keypoints=POINT)
    with pytest.raises(UserError, match='zero area in 2 pose'):
        KeypointArrayDataset(ann_file=str(tmp_path / 'x.npz'))
    with pytest.raises(UserError, match='no such file'):
        KeypointArrayDataset(ann_file=str(tmp_path / 'y.npz'))


def test_nan_under_invisible_is_ignored(tmp_path):
    seen = np.ones((4, 15))
    seen[2, 3] = 0
    np.savez(tmp_path / 'x.npz', keypoints=NAN, v=seen)
    data = KeypointArrayDataset(ann_file=str(tmp_path / 'x.npz'),
                                visible_key='v', require_all=False)
    assert len(data) == 4 and np.isfinite(data.poses).all()


def test_few_shot(npz):
    data = FewShotDataset(dataset(npz, pipeline=PIPELINE), 2, seed=1)
    assert data.classes.tolist() == ['run'] * 2 + ['sit'] * 2 + ['walk'] * 2
    assert len(set(data.indices.tolist())) == 6
    assert (data.poses == dataset(npz).poses[data.indices]).all()
    again = FewShotDataset(dataset(npz), 2, seed=1)
    other = FewShotDataset(dataset(npz), 2, seed=2)
    assert (again.indices == data.indices).all()
    assert (other.indices != data.indices).any()
    assert data[5]['data_samples'].sample_idx == 5
    assert data[5]['data_samples'].class_name == 'walk'
    for n in (0, 9):
        with pytest.raises(UserError, match='n_per_class'):
            FewShotDataset(dataset(npz), n)
    with pytest.raises(UserError, match='skeleton'):
        FewShotDataset(dataset(npz), 1, skeleton='hand21')
    assert len(FewShotDataset(dataset(npz, class_key=None), 5)) == 5


def test_mixup(npz):
    cfg = dict(type='FewShotDataset', dataset=dataset(npz), n_per_class=2)
    data = PoseMixupDataset(cfg, size=50, seed=3,
                            pipeline=[dict(type='PackPose')])
    assert data.poses.shape == (50, 15, 2) and data.shots.shape == (6, 15, 2)
    assert (data.pairs[:, 0] != data.pairs[:, 1]).all()
    assert data.lam.min() >= 0 and data.lam.max() <= 1
    i, j, lam = data[7]['data_samples'].mixup
    want = lam * data.shots[int(i)] + (1 - lam) * data.shots[int(j)]
    assert np.allclose(data[7]['inputs'], want, atol=1e-6)
    both = PoseMixupDataset(cfg, size=5, include_shots=True)
    assert len(both) == 11 and (both.poses[:6] == both.shots).all()
    for kwargs in (dict(size=0), dict(skeleton='face68')):
        with pytest.raises(UserError):
            PoseMixupDataset(cfg, **kwargs)
    one = FewShotDataset(dataset(npz, class_key=None), 1)
    with pytest.raises(UserError, match='at least two'):
        PoseMixupDataset(one)


def test_mixup_needs_both_present(npz):
    data = PoseMixupDataset(
        dataset(npz, require_all=False, class_key=None), size=200)
    absent = (data.pairs == 7).any(1)
    assert absent.any() and not data.visible[absent, 0].any()
    assert data.visible[~absent].all() and not data.poses[absent, 0].any()


class Sampler:
    """Stands for a PoseSampler."""
    calls = 0

    def sample(self, n, seed=None):
        self.calls += 1
        rng = torch.Generator().manual_seed(seed)
        return torch.rand(n, 15, 2, generator=rng) * 2 - 1, None


def test_generated_from_sampler():
    maker = Sampler()
    data = GeneratedPoseDataset(maker, size=25, block=10)
    assert len(data) == 25 and maker.calls == 0  # nothing made yet
    assert data.poses.shape == (25, 15, 2) and maker.calls == 3
    longer = GeneratedPoseDataset(Sampler(), size=40, block=10)
    assert (longer.poses[:25] == data.poses).all()
    other = GeneratedPoseDataset(Sampler(), size=25, block=10, seed=1)
    assert (other.poses != data.poses).any()


def test_generated_from_files(tmp_path):
    canvas = normalize_poses(make_poses(6))[0]
    np.savez(tmp_path / 'p.npz', keypoints=canvas)
    data = GeneratedPoseDataset(ann_file=str(tmp_path / 'p.npz'), size=5)
    assert (data.poses == canvas[:5]).all()
    pixels = (canvas + 1) * 32 - .5
    coco = dict(
        images=[dict(id=i, width=64, height=64) for i in range(6)],
        categories=[dict(id=1, name='person')],
        annotations=[
            dict(id=i, image_id=i,
                 keypoints=np.c_[pixels[i], np.full(15, 2)].ravel().tolist())
            for i in range(6)])
    path = tmp_path / 'p.json'
    path.write_text(json.dumps(coco))
    assert np.allclose(GeneratedPoseDataset(ann_file=str(path)).poses,
                       canvas, atol=1e-5)
    for damage in (dict(images=[]), dict(categories=[dict(keypoints=['a'])])):
        path.write_text(json.dumps({**coco, **damage}))
        with pytest.raises(UserError):
            GeneratedPoseDataset(ann_file=str(path))


@pytest.mark.parametrize('kwargs', [
    {}, dict(sampler=Sampler()), dict(sampler=Sampler(), size=0),
    dict(sampler=Sampler(), ann_file='x'), dict(ann_file='/nowhere.npz'),
    dict(ann_file='/nowhere.json'), dict(sampler=Sampler(), size=1, block=0)])
def test_generated_errors(kwargs):
    with pytest.raises(UserError):
        GeneratedPoseDataset(**kwargs)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(.5, 4), st.floats(-1e3, 1e3))
def test_normalize_round_trip(seed, padding, shift):
    poses = make_poses(3, seed=seed) + np.float32(shift)
    canvas, center, half = normalize_poses(poses, None, padding)
    assert np.allclose(np.abs(canvas).max((1, 2)), 1 / padding, rtol=1e-4)
    assert np.allclose(denormalize_poses(canvas, center, half), poses,
                       atol=1e-2)


@pytest.mark.parametrize('poses, visible, padding', [
    (NAN, None, 1.25), (POINT, None, 1.25), (BAD, np.zeros((4, 15)), 1.25),
    (BAD, None, 0), (BAD[0], None, 1.25)])
def test_normalize_errors(poses, visible, padding):
    with pytest.raises(UserError):
        normalize_poses(poses, visible, padding)


@pytest.mark.parametrize('kind, file, mapping', [
    ('CocoDataset', 'coco/test_coco.json', 'coco17'),
    ('MpiiDataset', 'mpii/test_mpii.json', 'mpii16'),
    ('CocoDataset', 'h36m/h36m_coco.json', 'h36m17')])
def test_mmpose_datasets(shared_data, kind, file, mapping):
    cfg = dict(type=kind, ann_file=str(shared_data / 'mmpose_samples' / file))
    if mapping == 'h36m17':
        cfg['metainfo'] = dict(from_file='configs/_base_/datasets/h36m.py')
    theirs = DATASETS.build(cfg)
    poses, visible, _ = collect_poses(theirs, mapping=mapping)
    assert poses.shape == (len(theirs), 15, 2) and visible.any()
    shots = FewShotDataset(theirs, 2, mapping=mapping, require_all=False,
                           pipeline=PIPELINE)
    assert shots[1]['inputs'].shape == (15, 2)
    assert shots.get_data_info(0)['img_path']


def test_real_files(shared_data):
    mpii = KeypointArrayDataset(
        ann_file=str(shared_data / 'mpii_2d.npz'), mapping='mpii16',
        visible_key='present')
    assert len(mpii) == 11999
    h36m = KeypointArrayDataset(
        ann_file=str(shared_data / 'h36m_3d_dev.npz'), mapping='h36m17',
        keypoints_key='keypoints_2d', class_key='action',
        select=dict(subject=[1, 5, 6]))
    assert len(h36m) == 169436
    assert len(FewShotDataset(h36m, 2)) == 30
    faces = KeypointArrayDataset(
        ann_file=str(shared_data / 'faces/youtube_faces_68.npz'),
        skeleton='face68', select=dict(split=['train']))
    assert len(faces) == 3463
