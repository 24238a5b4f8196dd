"""The root from 2D: least squares and depth by size."""
import pytest
import torch
from test_camera import h36m_vector

from flexpose_mm.models.lifting.camera import project
from flexpose_mm.models.lifting.root import (MIN_DEPTH, depth_by_size,
                                             depth_root, extents, solve_root)

CAMERA = h36m_vector(0)


def body(n=8, seed=1):
    """Root-relative poses (n, 17, 3) and roots (n, 3)."""
    g = torch.Generator().manual_seed(seed)
    pose = torch.randn(n, 17, 3, generator=g) * .4
    root = torch.randn(n, 3, generator=g) * torch.tensor([.5, .3, .8])
    return pose - pose[:, :1], root + torch.tensor([0., 0., 5.])


@pytest.mark.parametrize('lens', [True, False])
def test_true_poses_give_the_true_root(lens):
    pose, root = body()
    camera = CAMERA.clone()
    camera[4:] *= lens
    seen = project(pose + root[:, None], camera)
    got = solve_root(pose, seen, camera)
    assert (got - root).norm(dim=-1).max() < 1e-3  # metres


def test_it_is_the_least_squares_solution():
    """Against lstsq of the 2J equations, with weights."""
    pose, root = body(4)
    camera = CAMERA.clone()
    camera[4:] = 0
    g = torch.Generator().manual_seed(2)
    seen = project(pose + root[:, None], camera)
    seen = seen + .01 * torch.randn(seen.shape, generator=g)
    weights = torch.rand(4, 17, generator=g)
    ray = (seen - camera[2:4]) / camera[:2]
    for i, got in enumerate(solve_root(pose, seen, camera, weights)):
        rows, rest = [], []
        for j in range(17):
            scale = weights[i, j].sqrt()
            for axis in range(2):
                row = torch.zeros(3)
                row[axis], row[2] = 1, -ray[i, j, axis]
                rows.append(scale * row)
                rest.append(scale * (ray[i, j, axis] * pose[i, j, 2] -
                                     pose[i, j, axis]))
        want = torch.linalg.lstsq(
            torch.stack(rows), torch.stack(rest)[:, None]).solution[:, 0]
        assert torch.allclose(got, want, atol=2e-4)


def test_missing_joints_do_not_matter():
    pose, root = body()
    seen = project(pose + root[:, None], CAMERA)
    weights = torch.ones(8, 17)
    weights[:, 5:9] = 0
    seen[:, 5:9] = 0
    got = solve_root(pose, seen, CAMERA, weights)
    assert (got - root).norm(dim=-1).max() < 1e-3


def test_hypotheses_are_solved_in_one_call():
    pose, root = body(12)
    pose, root = pose.view(2, 3, 2, 17, 3), root.view(2, 3, 2, 3)  # B, H, F
    cameras = torch.stack([h36m_vector(0), h36m_vector(3)])
    seen = project(pose[:, 0] + root[:, 0, :, None], cameras)
    got = solve_root(pose, seen[:, None], cameras)
    assert got.shape == (2, 3, 2, 3)
    assert torch.allclose(got[1, 2], solve_root(pose[1, 2], seen[1],
                                                cameras[1]), atol=1e-5)


@pytest.mark.parametrize('case', ['one point', 'no weight', 'behind'])
def test_hopeless_cases_stay_finite(case):
    pose, root = body(3)
    seen = project(pose + root[:, None], CAMERA)
    weights = torch.ones(3, 17)
    if case == 'one point':
        seen = torch.zeros_like(seen)
    elif case == 'no weight':
        weights *= 0
    else:
        pose = -pose
    got = solve_root(pose, seen, CAMERA, weights)
    assert got.isfinite().all() and (got[:, 2] >= MIN_DEPTH).all()


def test_extents_leave_out_the_missing():
    points = torch.tensor([[[0., 0.], [2., 1.], [9., -9.]]])
    assert extents(points).tolist() == [[9., 10.]]
    seen = torch.tensor([[True, True, False]])
    assert extents(points, seen).tolist() == [[2., 1.]]


def test_depth_of_a_flat_person_is_exact():
    """Where all joints have one depth, w = fx dx / z."""
    pose, root = body()
    pose[..., 2] = 0
    camera = CAMERA.clone()
    camera[4:] = 0
    seen = project(pose + root[:, None], camera)
    assert torch.allclose(depth_by_size(pose, seen, camera), root[:, 2],
                          rtol=1e-4)
    assert torch.allclose(depth_root(pose, seen, camera), root, atol=1e-3)
    weights = torch.ones(8, 17)
    weights[:, 3] = 0
    seen[:, 3] = 50.
    assert torch.allclose(depth_by_size(pose, seen, camera, weights),
                          root[:, 2], rtol=1e-4)


def test_noise_moves_the_root_by_centimetres(shared_data):
    """Fact sheet, section 9: medians of 0.2-1.4 mm with true poses, 66 mm
    with 50 mm of joint noise."""
    import numpy as np
    with np.load(shared_data / 'mpi_inf_3dhp_ts6_dev.npz') as data:
        valid = data['valid']
        points = torch.tensor(data['positions_cam'][valid])
        seen = torch.tensor(data['keypoints_2d'][valid])
        f, c, wh = (data[k] for k in ('cam_f', 'cam_c', 'cam_wh'))
    from flexpose_mm.models.lifting.camera import (normalize_camera,
                                                   normalize_screen)
    camera = normalize_camera(f, c, w=wh[0], h=wh[1])
    seen = normalize_screen(seen, *wh.tolist())
    pose = points - points[:, :1]
    exact = (solve_root(pose, seen, camera) - points[:, 0]).norm(dim=-1)
    assert exact.median() < .0014
    g = torch.Generator().manual_seed(0)
    noisy = pose + .05 * torch.randn(pose.shape, generator=g)
    error = (solve_root(noisy, seen, camera) - points[:, 0]).norm(dim=-1)
    assert .03 < error.median() < .12
    by_size = (depth_root(pose, seen, camera) - points[:, 0]).norm(dim=-1)
    assert .04 < by_size.median() < .2
