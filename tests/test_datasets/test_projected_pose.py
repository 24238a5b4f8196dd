"""Motion capture seen by random cameras."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS

import flexpose_mm  # noqa: F401
from flexpose_mm.datasets.datasets.projected_pose import random_views
from flexpose_mm.errors import UserError

LEVEL, FAR = np.zeros(2), np.full(2, 1e4)


def standing(num, joints=15, seed=0):
    """Poses of 1.7 m anywhere on the floor."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-.4, .4, (num, joints, 3))
    points[..., 2] = np.linspace(0, 1.7, joints)
    points[..., :2] += rng.uniform(-5, 5, (num, 1, 2))
    return points.astype('f4')


def build(folder, points, **kwargs):
    np.savez(folder / 'mocap.npz', positions=points,
             action=np.resize(['walk', 'run'], len(points)))
    return DATASETS.build(
        dict(type='ProjectedPoseDataset', ann_file='mocap.npz',
             data_root=str(folder), **kwargs))


def test_a_level_camera_far_away_sees_heights_and_a_turned_pose():
    points = standing(400)
    seen = random_views(points, LEVEL, FAR, 0) * 1e4  # metres again
    centre = (points.min(1) + points.max(1)) / 2
    height = centre[:, None, 2] - points[..., 2]  # y is down
    np.testing.assert_allclose(seen[..., 1], height, atol=2e-3)
    # x is one horizontal direction of the pose for each camera, any of all
    ways = []
    for flat, x in zip(points[..., :2] - points[:, :1, :2], seen[..., 0]):
        way, left, *_ = np.linalg.lstsq(flat, x - x[0], rcond=None)
        assert left.max() < 1e-4
        assert np.linalg.norm(way) == pytest.approx(1, abs=2e-3)
        ways.append(np.arctan2(*way))
    assert np.histogram(ways, 4, (-np.pi, np.pi))[0].min() > 60


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 30), st.integers(0, 5), st.floats(-20, 20))
def test_a_view_depends_on_seed_and_index_and_not_on_place(n, seed, shift):
    points = standing(30)
    args = np.array([-10., 30.]), np.array([4., 6.])
    some = random_views(points[:n], *args, seed)
    whole = random_views(points, *args, seed)
    assert (some == whole[:n]).all()
    moved = random_views(points + np.float32([shift, -shift, 0]), *args, seed)
    np.testing.assert_allclose(moved, whole, atol=1e-4)
    assert not np.allclose(random_views(points, *args, seed + 1), whole)


def test_dataset(tmp_path):
    points = standing(6)
    data = build(tmp_path, points, views=3, class_key='action',
                 select=dict(action=['run']))
    assert len(data) == 9 and data.poses.shape == (9, 15, 2)
    assert set(data.classes) == {'run'}
    own = random_views(
        np.repeat(points, 3, 0), np.array([0., 20.]), np.array([4., 6.]), 0)
    assert (data.poses == own.reshape(6, 3, 15, 2)[1::2].reshape(
        9, 15, 2)).all()
    again = build(tmp_path, points, views=3, class_key='action',
                  select=dict(action=['run']))
    assert (data.poses == again.poses).all()


BAD = dict(
    views=(dict(views=0), 'views=0'),
    elevation=(dict(elevation=(20, 0)), 'elevation'),
    upside_down=(dict(elevation=(0, 95)), 'elevation'),
    inside=(dict(distance=(1, 2)), 'distance'),
    seed=(dict(seed=-1), 'seed=-1'),
    visible=(dict(visible_key='action'), 'visible_key'),
    joints=(dict(mapping='h36m17'), 'positions.shape'),
    key=(dict(keypoints_key='points'), 'points'))


@pytest.mark.parametrize('name', BAD)
def test_bad_arguments(name, tmp_path):
    kwargs, said = BAD[name]
    with pytest.raises(UserError, match=said):
        build(tmp_path, standing(4), **kwargs).full_init()


@pytest.mark.parametrize('points, said', [
    (standing(4) * 1000, 'millimetres'), (standing(4)[..., :2], 'shape'),
    (np.where(np.arange(4)[:, None, None] == 2, np.nan, standing(4)), 'NaN')
])
def test_bad_files(points, said, tmp_path):
    with pytest.raises(UserError, match=said):
        build(tmp_path, points)
