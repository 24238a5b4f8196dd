"""Source poses moved to target persons (GPA)."""
import pytest
import torch
from test_camera import h36m_vector
from test_root import body

from flexpose_mm.errors import UserError
from flexpose_mm.models.lifting.camera import normalize_camera, project
from flexpose_mm.models.lifting.root import extents
from flexpose_mm.models.lifting.target_augmentation import (augment_source,
                                                            draw_pairs,
                                                            place_source,
                                                            usable_targets)


def clips(n=3, frames=5, seed=0, number=0):
    pose, root = body(n * frames, seed)
    camera = h36m_vector(number).expand(n, 9)
    pose, root = pose.view(n, frames, 17, 3), root.view(n, frames, 3)
    return pose, project(pose + root[..., None, :], camera), camera


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize('scale', ['median', 'frame'])
def test_only_the_root_moves_and_lands_on_the_target(scale):
    pose = clips(seed=1)[0]
    _, target, camera = clips(seed=2)
    placed, root = place_source(pose, target, camera, scale)
    assert torch.allclose(placed - placed[..., :1, :], pose, atol=1e-5)
    assert torch.equal(placed[..., 0, :], root + 0 * pose[..., 0, :])
    seen = project(placed, camera)
    assert torch.allclose(seen[..., 0, :], target[..., 0, :], atol=1e-5)


def test_size_matches_the_target():
    """Exactly for persons without depth, who need no perspective."""
    pose = clips(8, seed=1)[0] * torch.tensor([1., 1., 1e-3])
    _, target, camera = clips(8, seed=2)
    camera = camera * (torch.arange(9) < 4)  # nor a lens
    placed, _ = place_source(pose, target, camera, 'frame')
    ratio = extents(project(placed, camera)).sum(-1) / extents(target).sum(-1)
    assert .99 < ratio.min() and ratio.max() < 1.01


def test_median_keeps_one_depth_in_a_clip():
    pose = clips(seed=1)[0]
    _, target, camera = clips(seed=2)
    _, root = place_source(pose, target, camera, 'median')
    assert (root[..., 2] == root[:, :1, 2]).all()
    _, each = place_source(pose, target, camera, 'frame')
    assert torch.equal(root[:, 0, 2], each[..., 2].median(1).values)


def test_pairs_use_each_usable_target_before_any_again():
    usable = torch.tensor([True, False, True, True])
    got = draw_pairs(7, usable, generator())
    assert got.shape == (7, ) and 1 not in got.tolist()
    assert sorted(got[:3].tolist()) == sorted(got[3:6].tolist()) == [0, 2, 3]
    assert torch.equal(got, draw_pairs(7, usable, generator()))
    with pytest.raises(UserError, match='require_all=True'):
        draw_pairs(2, torch.zeros(4, dtype=torch.bool))


def test_a_missing_joint_makes_a_target_unusable():
    weights = torch.ones(3, 5, 17)
    weights[1, 2, 4] = 0
    assert usable_targets(weights).tolist() == [True, False, True]
    frames = usable_targets(weights.flatten(0, 1))
    assert frames.sum() == 14 and not frames[7]


@pytest.mark.parametrize('pairing, scale', [('clip', 'median'),
                                            ('clip', 'frame'),
                                            ('frame', 'frame')])
def test_the_whole_of_f(pairing, scale):
    pose = clips(4, seed=1)[0]
    _, target, _ = clips(6, seed=2)
    camera = torch.stack([h36m_vector(i % 4) for i in range(6)])
    weights = torch.ones(6, 5, 17)
    weights[2, 1, 3] = 0
    target[2, 1, 3] = 30.
    got = augment_source(pose, target, camera, weights, pairing, scale,
                         generator())
    assert got.keypoints.shape == (4, 5, 17, 2)
    assert got.camera.shape == (4, 5, 9) and got.root.shape == (4, 5, 3)
    chosen = target.flatten(0, 1)[got.target]
    assert torch.allclose(got.keypoints[..., 0, :], chosen[..., 0, :],
                          atol=1e-5)
    assert torch.equal(got.camera, camera[got.target // 5])
    assert torch.equal(
        got.keypoints, project(pose + got.root[..., None, :], got.camera))
    assert 11 not in got.target.flatten().tolist()
    if pairing == 'clip':
        assert (got.target % 5 == torch.arange(5)).all()
        assert (got.target[:, 0] // 5 == got.target[:, 4] // 5).all()
        assert 2 not in (got.target // 5).flatten().tolist()
    again = augment_source(pose, target, camera, weights, pairing, scale,
                           generator())
    assert torch.equal(got.keypoints, again.keypoints)


@pytest.mark.parametrize('kwargs, words', [
    (dict(pairing='pose'), "'pose'"),
    (dict(pairing='frame'), "scale='frame'"),
    (dict(scale='mean'), "'mean'")])
def test_refuses(kwargs, words):
    pose, target, camera = clips()
    with pytest.raises(UserError, match=words):
        augment_source(pose, target, camera, **kwargs)


def test_real_targets(shared_data):
    """TS6 moved onto itself in another order: sizes match, depth is that of
    a person in a field."""
    import numpy as np

    from flexpose_mm.models.lifting.camera import normalize_screen
    with np.load(shared_data / 'mpi_inf_3dhp_ts6_dev.npz') as data:
        valid = data['valid']
        points = torch.tensor(data['positions_cam'][valid][:384])
        seen = torch.tensor(data['keypoints_2d'][valid][:384])
        f, c, wh = (data[k] for k in ('cam_f', 'cam_c', 'cam_wh'))
    camera = normalize_camera(f, c, w=wh[0], h=wh[1]).expand(16, 9)
    pose = (points - points[:, :1]).view(16, 24, 17, 3)
    target = normalize_screen(seen, *wh.tolist()).view(16, 24, 17, 2)
    got = augment_source(pose, target, camera, pairing='frame',
                         scale='frame', generator=generator())
    chosen = target.flatten(0, 1)[got.target]
    ratio = extents(got.keypoints).sum(-1) / extents(chosen).sum(-1)
    assert .97 < ratio.mean() < 1.06 and ratio.std() < .1
    assert 3 < got.root[..., 2].mean() < 6
