"""Rotation, leg rotation and scaling of target poses: exact geometry."""
import numpy as np
import pytest
import tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS, TRANSFORMS

from flexpose_mm import UserError
from flexpose_mm.datasets import normalize_poses
from flexpose_mm.datasets.transforms import rotate_limb, rotate_poses
from flexpose_mm.skeletons import BODY15

LEG = [BODY15.joints.index(f'left_{n}') for n in ('hip', 'knee', 'ankle')]


def poses(n=4, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 15, 2)).astype('f4')


def sample(pose, index=0):
    return dict(keypoints=pose[None].copy(), sample_idx=index)


def test_a_quarter_turn_is_clockwise_on_the_screen():
    right = np.array([[1., 0]])
    down = rotate_poses(right, 90, np.zeros(2))
    np.testing.assert_allclose(down, [[0, 1]], atol=1e-12)  # y points down
    about = rotate_poses(right, 90, np.array([1., 1]))
    np.testing.assert_allclose(about, [[2, 1]], atol=1e-12)


@settings(max_examples=20)
@given(st.floats(-360, 360), st.integers(0, 99))
def test_rotation_keeps_distances_and_goes_back(angle, seed):
    before = poses(seed=seed)
    after = rotate_poses(before, angle, np.zeros(2))
    assert after.dtype == np.float32
    np.testing.assert_allclose(
        np.linalg.norm(after, axis=-1), np.linalg.norm(before, axis=-1),
        atol=1e-5)
    cross = (before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0])
    inner = (before * after).sum(-1)
    square = (before**2).sum(-1)
    np.testing.assert_allclose(cross, square * np.sin(np.deg2rad(angle)),
                               atol=1e-5)
    np.testing.assert_allclose(inner, square * np.cos(np.deg2rad(angle)),
                               atol=1e-5)
    np.testing.assert_allclose(
        rotate_poses(after, -angle, np.zeros(2)), before, atol=1e-5)


@settings(max_examples=20)
@given(st.floats(135, 225), st.integers(0, 99))
def test_a_leg_turns_about_its_hip_and_nothing_else_moves(angle, seed):
    before, (hip, knee, ankle) = poses(seed=seed), LEG
    after = rotate_limb(before, angle, [knee, ankle], hip)
    rest = [i for i in range(15) if i not in (knee, ankle)]
    assert (after[:, rest] == before[:, rest]).all()
    np.testing.assert_allclose(
        after[:, [knee, ankle]] - after[:, [hip]],
        rotate_poses(before[:, [knee, ankle]] - before[:, [hip]], angle,
                     np.zeros(2)), atol=1e-5)


def test_angles_may_differ_between_poses():
    before, angles = poses(), np.array([0, 10., 90, 200])
    many = rotate_poses(before, angles, np.zeros((4, 2)))
    for pose, angle, turned in zip(before, angles, many):
        np.testing.assert_array_equal(
            turned, rotate_poses(pose, angle, np.zeros(2)))


@pytest.mark.parametrize('kind, field, ranges', [
    ('RotatePose', 'angle', [(-45, 45)]),
    ('RotateLeg', 'angle', [(135, 225)]),
    ('ScalePose', 'factor', [(.7, .9), (1.1, 1.2)]),
])
def test_draws(kind, field, ranges):
    step = TRANSFORMS.build(dict(type=kind, seed=3))
    values = np.array([step.draw(i) for i in range(600)])
    inside = [(low <= values) & (values <= high) for low, high in ranges]
    assert np.any(inside, 0).all()
    width = sum(high - low for low, high in ranges)
    for part, (low, high) in zip(inside, ranges):
        assert part.mean() == pytest.approx((high - low) / width, abs=.08)
        assert np.ptp(values[part]) > .9 * (high - low)
    again = TRANSFORMS.build(dict(type=kind, seed=3))
    assert [again.draw(i) for i in (5, 2)] == [values[5], values[2]]
    other = TRANSFORMS.build(dict(type=kind, seed=4))
    assert other.draw(5) != values[5]
    assert repr(step).startswith(f'{kind}({field}=')


def test_transforms_apply_the_functions():
    pose = poses()[0]
    turned = TRANSFORMS.build(dict(type='RotatePose', angle=30))(sample(pose))
    np.testing.assert_array_equal(turned['keypoints'][0],
                                  rotate_poses(pose, 30, np.zeros(2)))
    leg = TRANSFORMS.build(dict(type='RotateLeg', angle=180))(sample(pose))
    hip, knee, ankle = LEG
    np.testing.assert_allclose(
        leg['keypoints'][0][ankle], 2 * pose[hip] - pose[ankle], atol=1e-6)
    right = TRANSFORMS.build(dict(type='RotateLeg', leg='right', angle=180))
    assert (right(sample(pose))['keypoints'][0][ankle] == pose[ankle]).all()
    large = TRANSFORMS.build(dict(type='ScalePose', factor=1.5))(sample(pose))
    np.testing.assert_array_equal(large['keypoints'][0], pose * 1.5)


def test_shots_are_changed_on_the_canvas_before_mixing():
    step = dict(type='ScalePose', factor=.5)
    plain = DATASETS.build(tiny.mixup())
    small = DATASETS.build(tiny.mixup(shot_pipeline=[step]))
    np.testing.assert_allclose(small.shots, plain.shots / 2, atol=1e-6)
    np.testing.assert_allclose(small.poses, plain.poses / 2, atol=1e-6)
    turned = DATASETS.build(
        tiny.mixup(shot_pipeline=[dict(type='RotatePose', seed=1)]))
    draw = turned.shot_pipeline[0].draw
    for i, (before, after) in enumerate(zip(plain.shots, turned.shots)):
        np.testing.assert_allclose(
            after, rotate_poses(before, draw(i), np.zeros(2)), atol=1e-6)
    normal = normalize_poses(plain.shots)[0]
    np.testing.assert_allclose(normal, plain.shots, atol=1e-5)


@pytest.mark.parametrize('cfg, words', [
    (dict(type='RotatePose', angle=(45, -45)), 'angle='),
    (dict(type='RotatePose', angle='all'), "angle='all'"),
    (dict(type='RotatePose', angle=()), 'angle='),
    (dict(type='RotatePose', seed=-1), 'seed=-1'),
    (dict(type='RotateLeg', leg='middle'), "leg='middle'"),
    (dict(type='RotateLeg', skeleton='hand21'), 'no '),
    (dict(type='ScalePose', factor=0), 'positive'),
])
def test_bad_arguments(cfg, words):
    with pytest.raises(UserError, match=words):
        TRANSFORMS.build(cfg)
