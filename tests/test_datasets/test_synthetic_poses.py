"""Kinematics, camera and distribution of the synthetic poses."""
import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm.datasets.synthetic import (SOURCE, TARGET, get_domain,
                                            make_poses, make_sequences)
from flexpose_mm.datasets.synthetic.actions import CHANNELS, plain
from flexpose_mm.datasets.synthetic.kinematics import (BONE_PAIRS, BONES,
                                                       forward_kinematics)
from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import BODY15

DOMAINS = pytest.mark.parametrize(
    'domain', [SOURCE, TARGET], ids=lambda d: d.name)


def canvas(keypoints, padding=1.25):
    """Own box normalisation, so that the test needs nothing else."""
    low, high = keypoints.min(1), keypoints.max(1)
    half = padding * (high - low).max(1) / 2
    return (keypoints - (low + high)[:, None] / 2) / half[:, None, None]


def frechet(a, b):
    a, b = (x.reshape(len(x), -1).astype(float) for x in (a, b))
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ cov_b @ root).clip(0)
    shift = a.mean(0) - b.mean(0)
    return (shift @ shift + np.trace(cov_a) + np.trace(cov_b) -
            2 * np.sqrt(cross).sum())


def bone_lengths(joints):
    """{bone: (..., 1 or 2)} measured on joints (..., 15, 3)."""
    out = {name: [] for name in BONES}
    for a, b, name in BONE_PAIRS:
        out[name].append(
            np.linalg.norm(joints[..., a, :] - joints[..., b, :], axis=-1))
    return {name: np.stack(values, -1) for name, values in out.items()}


def test_bones_are_the_limbs_of_body15():
    assert [p[:2] for p in BONE_PAIRS] == list(BODY15.limbs)


@DOMAINS
def test_bone_lengths(domain):
    made = make_poses(domain, 500, seed=3)
    lengths = bone_lengths(made['keypoints_3d'].astype(float))
    for i, name in enumerate(BONES):
        value = lengths[name]
        assert np.abs(value - made['bones'][:, i, None]).max() < 1e-5
        spread = 2 * domain.bone_spread
        assert value.min() > (
            domain.bones[i] * domain.stature[0] * (1 - spread) - 1e-5)
        assert value.max() < (
            domain.bones[i] * domain.stature[1] * (1 + spread) + 1e-5)
        assert value.std() > .003  # people differ


@DOMAINS
def test_joint_limits(domain):
    made = make_sequences(domain, 100, 20, seed=1)
    degrees = np.rad2deg(made['angles'])
    for c, name in enumerate(CHANNELS):
        low, high = domain.joint_limits(plain(name))
        assert degrees[..., c].min() >= low - 1e-3
        assert degrees[..., c].max() <= high + 1e-3


@DOMAINS
def test_knees_and_elbows_bend_one_way(domain):
    """Seen in 3D: the shin folds backwards, the forearm forwards."""
    made = make_poses(domain, 800, seed=2)
    joints = made['keypoints_3d'].astype(float)
    for knee, parents in ((10, (9, 11)), (13, (12, 14))):
        thigh = joints[:, knee] - joints[:, parents[0]]
        shin = joints[:, parents[1]] - joints[:, knee]
        cosine = (thigh * shin).sum(-1) / np.linalg.norm(
            thigh, axis=-1) / np.linalg.norm(
                shin, axis=-1)
        side = 'l' if knee == 10 else 'r'
        bend = made['angles'][:, CHANNELS.index(side + '_knee')]
        assert np.abs(np.arccos(cosine.clip(-1, 1)) - bend).max() < 5e-3


def test_rest_pose_and_directions():
    """x forwards, y to the left, z up, for a person who looks along x."""
    bones = np.array(SOURCE.bones)

    def pose(**degrees):
        angles = np.zeros(len(CHANNELS))
        for name, value in degrees.items():
            angles[CHANNELS.index(name)] = np.deg2rad(value)
        return forward_kinematics(angles, bones, np.zeros(()))

    rest = pose()
    mirrored = rest[list(BODY15.flip_indices)] * [1, -1, 1]
    assert np.allclose(rest, mirrored)
    assert rest[0, 2] > rest[1, 2] > rest[2, 2] > rest[11, 2] > 0
    assert rest[3, 1] > 0 > rest[6, 1]
    arm = pose(l_sh_flex=90)  # the arm points forwards
    assert arm[5, 0] - arm[3, 0] == pytest.approx(bones[3] + bones[4])
    arm = pose(l_sh_abd=90)  # the arm points to the left
    assert arm[5, 1] - arm[3, 1] == pytest.approx(bones[3] + bones[4])
    arm = pose(r_sh_abd=90, r_sh_twist=90, r_elbow=90)  # 'hello'
    assert arm[8, 2] - arm[7, 2] == pytest.approx(bones[4])
    arm = pose(l_elbow=90)  # the forearm points forwards
    assert arm[5, 0] - arm[4, 0] == pytest.approx(bones[4])
    leg = pose(l_knee=90)  # the shin points backwards
    assert leg[10, 0] - leg[11, 0] == pytest.approx(bones[7])
    assert pose(trunk_pitch=30)[0, 0] > rest[0, 0]


@DOMAINS
def test_projection_is_mmposes(domain):
    from mmpose.utils.camera import SimpleCamera

    from flexpose_mm.datasets.synthetic.camera import camera_param
    made = make_poses(domain, 20, seed=0, image_size=256)
    for i in range(20):
        camera = SimpleCamera(camera_param(made['camera'], i))
        assert np.abs(
            camera.camera_to_pixel(made['keypoints_3d'][i]) -
            made['keypoints'][i]).max() < 1e-3
        world = camera.camera_to_world(made['keypoints_3d'][i])
        assert world[:, 2].min() == pytest.approx(.08, abs=1e-4)
    # a person who faces the camera has the left hand on the right
    axis = made['camera']['R'][:, :, 2]
    assert np.allclose(np.linalg.det(made['camera']['R']), 1, atol=1e-5)
    assert (axis[:, 0] < 0).all()


@DOMAINS
def test_sane_values(domain):
    made = make_poses(domain, 3000, seed=9, image_size=200)
    for key in ('keypoints', 'keypoints_3d', 'visible', 'angles', 'bones'):
        assert made[key].dtype == np.float32
        assert np.isfinite(made[key]).all()
    assert made['keypoints'].shape == (3000, 15, 2)
    assert made['keypoints'].min() > 0 and made['keypoints'].max() < 199
    assert made['keypoints_3d'][..., 2].min() > 1
    assert np.ptp(made['keypoints'], axis=1).max(1).min() > 20
    assert set(made['action']) == set(domain.classes)


def test_determinism_and_prefix():
    long = make_poses('source', 2500, seed=4)
    again = make_poses('source', 2500, seed=4)
    short = make_poses('source', 1500, seed=4)
    other = make_poses('source', 1500, seed=5)
    assert np.array_equal(long['keypoints'], again['keypoints'])
    for key in ('keypoints', 'keypoints_3d', 'action', 'bones'):
        assert np.array_equal(long[key][:1500], short[key])
    assert not np.isclose(short['keypoints'], other['keypoints']).all(1).any()
    # blocks do not repeat each other
    assert not np.array_equal(long['bones'][:1024], long['bones'][1024:2048])


@settings(max_examples=15, deadline=None)
@given(
    n=st.integers(1, 60),
    more=st.integers(0, 60),
    seed=st.integers(0, 2**32),
    domain=st.sampled_from(['source', 'target']))
def test_prefix_is_stable(n, more, seed, domain):
    short = make_poses(domain, n, seed)
    long = make_poses(domain, n + more, seed)
    assert np.allclose(short['keypoints'], long['keypoints'][:n], atol=1e-3)
    assert np.array_equal(short['action'], long['action'][:n])


def test_domains_differ_but_overlap():
    source = canvas(make_poses('source', 4000, seed=0)['keypoints'])
    again = canvas(make_poses('source', 4000, seed=1)['keypoints'])
    target = canvas(make_poses('target', 4000, seed=0)['keypoints'])
    assert frechet(source, again) < .01
    assert 1. < frechet(source, target) < 2.
    trace = [np.cov(x.reshape(4000, -1).T).trace() for x in (source, target)]
    assert .5 < trace[1] / trace[0] < 1
    # overlap once the shift all poses share is taken away: many targets lie
    # as near to a source pose as sources do
    flat = [x.reshape(4000, -1) for x in (source, again, target)]
    flat = [(x - x.mean(0))[:600] for x in flat]

    def nearest(a, b):
        square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        return np.sqrt(square.clip(0).min(1))

    usual = np.quantile(nearest(flat[1], flat[0]), .95)
    assert (nearest(flat[2], flat[0]) < usual).mean() > .3


def test_target_has_six_classes_for_twelve_shots():
    assert len(TARGET.classes) == 6
    assert set(TARGET.classes) <= set(SOURCE.classes)


@DOMAINS
def test_sequences(domain):
    made = make_sequences(domain, 60, 25, seed=6, fps=50.)
    assert made['keypoints'].shape == (60, 25, 15, 2)
    assert made['keypoints_3d'].shape == (60, 25, 15, 3)
    assert made['visible'].shape == (60, 25, 15)
    first = make_poses(domain, 60, seed=6)
    assert np.array_equal(made['action'], first['action'])
    assert np.allclose(made['angles'][:, 0], first['angles'])
    step = np.linalg.norm(np.diff(made['keypoints_3d'], axis=1), axis=-1)
    assert step.max() < 12 / 50  # a fast foot makes 10 m/s
    assert np.median(step) > 0
    lengths = bone_lengths(made['keypoints_3d'].astype(float))
    for value in lengths.values():
        assert np.ptp(value, axis=(1, 2)).max() < 1e-4
    assert made['keypoints'].min() > 0 and made['keypoints'].max() < 999


def test_own_domain():
    giant = dataclasses.replace(SOURCE, name='giant', stature=(2., 2.1))
    assert get_domain(giant) is giant
    made = make_poses(giant, 10, seed=0)
    assert made['bones'][:, 6].min() > .8


@pytest.mark.parametrize('call, field', [
    (lambda: make_poses('moon', 3), 'domain'),
    (lambda: make_poses('source', 0), 'n'),
    (lambda: make_poses('source', 2.5), 'n'),
    (lambda: make_poses('source', 3, seed=-1), 'seed'),
    (lambda: make_poses('source', 3, image_size=1), 'image_size'),
    (lambda: make_sequences('source', 3, 0), 'frames'),
    (lambda: make_sequences('source', 3, 3, fps=0), 'fps'),
    (lambda: dataclasses.replace(SOURCE, bones=(1., )), 'bones'),
    (lambda: dataclasses.replace(SOURCE, actions=(('fly', 1.), )), 'actions'),
    (lambda: dataclasses.replace(SOURCE, limits=(('tail', 0, 1), )), 'limits'),
])
def test_mistakes(call, field):
    with pytest.raises(UserError, match=field):
        call()
