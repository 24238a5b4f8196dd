"""Lifting datasets on real motion."""
import numpy as np
import pytest
import torch
from mmpose.registry import DATASETS

from flexpose_mm.datasets.datasets.lifting_checks import (bone_lengths,
                                                          likely_order,
                                                          sample_rows)
from flexpose_mm.joint_orders import from_h36m17
from flexpose_mm.models.lifting.camera import project


@pytest.fixture(scope='module')
def folder(shared_data):
    return dict(data_root=str(shared_data))


@pytest.fixture(scope='module')
def h36m(folder):
    return DATASETS.build(
        dict(type='H36MLiftingDataset', ann_file='h36m_3d_dev.npz',
             select=dict(subject=['S5', 'S6', 'S7'], camera=['55011271']),
             test_mode=True, **folder))


@pytest.fixture(scope='module')
def ts6(folder):
    return DATASETS.build(
        dict(type='MPIINF3DHPLiftingDataset', test_mode=True,
             ann_file='mpi_inf_3dhp_ts6_dev.npz', **folder))


@pytest.fixture(scope='module')
def cmu(folder):
    return DATASETS.build(
        dict(type='CMULiftingDataset', ann_file='cmu_3d.npz', seq_step=3,
             **folder))


def test_human36m(h36m):
    assert len(h36m.videos) == 86
    assert set(h36m.videos.subject) == {'S5', 'S6', 'S7'}
    assert len(set(h36m.videos.action)) == 15
    counted = sum(h36m._rows(i)[2].sum() for i in range(len(h36m)))
    assert counted == 17423 + 12503 + 17974
    assert h36m[0]['data_samples'].target_img_path[0] == \
        'S5_Directions.55011271_000001.jpg'
    with_root = DATASETS.build(
        dict(type='H36MLiftingDataset', ann_file=h36m.ann_file,
             select=dict(subject='S6', action='Walking'),
             with_trajectory=True))
    for i in range(0, len(with_root), 7):
        info = with_root.get_data_info(i)
        points = info['lifting_target'] + info['trajectory'][:, None]
        seen = project(torch.tensor(points), torch.tensor(info['camera']))
        assert np.abs(seen - info['keypoints']).max() < 6e-5  # 0.03 px


def test_3dhp(ts6):
    counted = sum(ts6._rows(i)[2].sum() for i in range(len(ts6)))
    assert counted == 392 and len(ts6) == 19
    info = ts6.get_data_info(5)
    assert info['action'] == 'TS6' and not info['camera'][4:].any()
    assert np.allclose(info['camera'][:2], (1.754149, 1.754149 * .993236),
                       atol=1e-3)


def test_cmu(cmu):
    videos = cmu.videos
    assert len(videos) == 38 * 4
    assert videos.positions[..., 2].min() > 1.9
    inside = (videos.keypoints > -20).all(-1) & (videos.keypoints <
                                                 1022).all(-1)
    assert inside.mean() > .999
    thirds = -(-videos.length // 3)
    assert len(cmu) == (-(-thirds // 27)).sum()


@pytest.mark.parametrize('name', ['h36m', 'ts6', 'cmu'])
def test_orders_are_told_apart(name, request):
    """In every real video, with 2D alone."""
    videos = request.getfixturevalue(name).videos
    for rows in sample_rows(videos, 8):
        points = videos.keypoints[rows]
        assert likely_order(points) == 'h36m17'
        assert likely_order(from_h36m17(points, '3dhp17')) == '3dhp17'
        body = videos.positions[rows]
        assert likely_order(body) == 'h36m17'
        assert likely_order(from_h36m17(body, '3dhp17')) == '3dhp17'


def test_bones_of_human36m(h36m):
    """Metres of the data's own description."""
    videos = h36m.videos
    rows = sample_rows(videos, 4)
    length = bone_lengths(videos.positions[rows])[..., [1, 2]].mean(1)
    want = dict(S5=(.428, .442), S6=(.487, .461), S7=(.449, .438))
    for subject, limbs in want.items():
        got = length[videos.subject == subject].mean(0)
        assert np.allclose(got, limbs, atol=1e-3)
