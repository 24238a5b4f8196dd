"""Projection through the lens of VideoPose3D, and its normalisation."""
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flexpose_mm.datasets.h36m_cameras import (CAMERA_IDS, h36m_cameras,
                                               to_camera)
from flexpose_mm.models.lifting.camera import (denormalize_screen,
                                               flip_camera, normalize_camera,
                                               normalize_screen, project,
                                               project_linear, unproject)

# fact sheet, section 15: f', c' of the four cameras
GOLDEN = ((2.290099, 2.287562, .025083, .028903),
          (2.299351, 2.295183, .017697, .016130),
          (2.298282, 2.297598, .039632, .002805),
          (2.291023, 2.289548, .029936, .001764))


def h36m_vector(number, subject='S1'):
    rig = h36m_cameras(subject)
    return normalize_camera(*(rig[key][number] for key in 'fckp'),
                            *rig['wh'][number])


def room(n=6, seed=0):
    """(n, 17, 3) persons before a camera."""
    g = torch.Generator().manual_seed(seed)
    body = torch.randn(n, 17, 3, generator=g) * .5
    return body + torch.tensor([0., 0., 5.])


@pytest.mark.parametrize('number', range(4))
def test_golden_intrinsics(number):
    got = h36m_vector(number)
    assert got.shape == (9, ) and got.dtype == torch.float32
    assert np.allclose(got[:4], GOLDEN[number], atol=1.1e-6)


@pytest.mark.parametrize('f, c, wh, want', [
    (1500.1723, (1017.3873, 1043.0320), (2048, 2048),
     (1.465012, -.006458, .018586)),
    (1683.9835, (939.8575, 560.1407), (1920, 1080),
     (1.754149, -.020982, .020980))])
def test_golden_3dhp_cameras(f, c, wh, want):
    got = normalize_camera((f, f), c, w=wh[0], h=wh[1])
    assert np.allclose(got[[0, 2, 3]], want, atol=1.1e-6)
    assert not got[4:].any()


@given(st.integers(1, 4000), st.integers(1, 4000), st.booleans())
def test_normalisation_is_undone(w, h, longer):
    size = max(w, h) if longer else None
    points = np.random.default_rng(w).uniform(0, [w, h], (5, 2))
    got = normalize_screen(points, w, h, size)
    assert np.allclose(denormalize_screen(got, w, h, size), points)
    tensor = normalize_screen(torch.tensor(points), w, h, size)
    assert np.allclose(got, tensor)
    if longer:
        assert np.abs(got).max() <= 1
    else:
        assert np.abs(got[:, 0]).max() <= 1


@pytest.mark.parametrize('number', range(4))
def test_agrees_with_opencvs_lens(number):
    """Of which VideoPose3D's has the same radial part."""
    import cv2
    rig = h36m_cameras('S1')
    f, c, k = (rig[key][number] for key in 'fck')
    w, h = rig['wh'][number]
    camera = normalize_camera(f, c, k, (0, 0), w, h)
    points = room()
    got = denormalize_screen(project(points, camera), w, h)
    matrix = np.array([[f[0], 0, c[0]], [0, f[1], c[1]], [0, 0, 1]])
    want = cv2.projectPoints(
        points.reshape(-1, 1, 3).double().numpy(), np.zeros(3), np.zeros(3),
        matrix, np.array([k[0], k[1], 0, 0, k[2]]))[0].reshape(6, 17, 2)
    assert np.allclose(got, want, atol=2e-3)


def test_the_lens_by_hand():
    """One point, worked out: q = (.1, -.2)."""
    camera = torch.tensor([2., 3., .5, -.5, .1, .2, .3, .01, .02])
    q, r2 = np.array([.1, -.2]), .05
    radial = 1 + .1 * r2 + .2 * r2**2 + .3 * r2**3
    tangential = .01 * .1 + .02 * -.2
    bent = q * (radial + tangential) + np.array([.01, .02]) * r2
    point = torch.tensor([[.4, -.8, 4.]])
    assert np.allclose(project(point, camera)[0], bent * [2, 3] + [.5, -.5],
                       atol=1e-6)
    assert np.allclose(project_linear(point, camera)[0],
                       q * [2, 3] + [.5, -.5], atol=1e-6)


def test_without_a_lens_it_is_linear_and_rays_are_clamped():
    camera = h36m_vector(0)
    camera[4:] = 0
    assert torch.equal(project(room(), camera),
                       project_linear(room(), camera))
    far = torch.tensor([[100., -100., 1.]])
    assert np.allclose(project(far, camera)[0],
                       camera[:2] * torch.tensor([1., -1.]) + camera[2:4])


def test_cameras_broadcast_over_frames_and_hypotheses():
    cameras = torch.stack([h36m_vector(i) for i in range(3)])
    points = room(30).view(3, 2, 5, 17, 3)  # B, H, F
    got = project(points, cameras)
    for i in range(3):
        assert torch.equal(got[i], project(points[i], cameras[i]))
    per_frame = cameras[:, None].expand(3, 5, 9)
    assert torch.equal(project(points[:, 0], per_frame), got[:, 0])


@pytest.mark.parametrize('number', range(4))
def test_unproject_undoes_the_lens(number):
    camera, points = h36m_vector(number), room()
    rays = unproject(project(points, camera), camera)
    assert (rays - points[..., :2] / points[..., 2:]).abs().max() < 2e-6


def test_a_mirrored_scene_has_a_mirrored_picture():
    camera, points = h36m_vector(2), room()
    mirror = points * torch.tensor([-1., 1., 1.])
    got = project(mirror, flip_camera(camera))
    assert torch.allclose(got * torch.tensor([-1., 1.]),
                          project(points, camera), atol=1e-6)
    assert torch.equal(flip_camera(flip_camera(camera)), camera)


def test_gradient():
    points = room(1).double().requires_grad_()
    camera = h36m_vector(1).double().requires_grad_()
    assert torch.autograd.gradcheck(project, (points, camera))


def test_reprojects_human36m(shared_data):
    """Its own 2D, and the tabled rigs are the file's calibration."""
    with np.load(shared_data / 'h36m_3d_dev.npz') as data:
        rows = slice(None, None, 97)
        world, seen, subject = (data[k][rows] for k in (
            'positions', 'keypoints_2d', 'subject'))
        own = {k: data[f'cam_{k}'] for k in ('R', 'T', 'f', 'c', 'k', 'p')}
        ids = data['cam_ids'].tolist()
        subjects = data['cam_subjects'].tolist()
    assert tuple(ids) == CAMERA_IDS
    off = []
    for i, number in enumerate(subjects):
        rig = h36m_cameras(f'S{number}')
        for key, tolerance in dict(R=1e-6, T=2e-6, f=1e-6, c=1e-6,
                                   k=1e-8).items():
            assert np.allclose(rig[key], own[key][i], atol=tolerance), key
        assert np.allclose(rig['p'], own['p'][i][:, ::-1], atol=1e-8)
        for c in range(4):
            points = to_camera(
                world[subject == number].astype(np.float64), rig['R'][c],
                rig['T'][c])
            w, h = rig['wh'][c]
            got = denormalize_screen(
                project(torch.tensor(points), h36m_vector(
                    c, f'S{number}').double()), w, h).numpy()
            off.append(np.abs(got - seen[subject == number][:, c]).ravel())
    off = np.concatenate(off)
    # the file rounds points to 2^-6 px and positions to 2^-14 m (0.01 px)
    assert off.mean() < .006 and np.quantile(off, .9) < .011
    assert off.max() < .03
