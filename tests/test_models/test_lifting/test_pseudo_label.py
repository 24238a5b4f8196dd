"""Which hypothesis is chosen, on cases made by hand."""
import pytest
import torch

from flexpose_mm import UserError
from flexpose_mm.models.lifting import aggregate
from flexpose_mm.models.lifting.camera import normalize_camera, project
from flexpose_mm.models.lifting.pseudo_label import (find_root,
                                                     reprojection_error,
                                                     select_hypothesis,
                                                     take_hypothesis)

# errors (B=1, H=2, F=2, J=3): frame 0 prefers 0 as a whole, frame 1 prefers 1
ERROR = torch.tensor([[[[1., 1., 4.], [9., 9., 0.]],
                       [[3., 3., 3.], [1., 2., 1.]]]])
ROOT = torch.tensor([.3, -.2, 4.5])
CAMERA = normalize_camera((1145, 1144), (512, 515), (-.2, .24, 0.),
                          (-.001, -.001), 1000, 1002)[None]


def scene(hypotheses=3, frames=4, seed=0):
    """True poses, their 2D, and hypotheses of which number 1 is true."""
    torch.manual_seed(seed)
    pose = torch.randn(1, frames, 17, 3) * .3
    pose[..., 0, :] = 0
    keypoints = project(pose + ROOT, CAMERA)
    guesses = pose[:, None] + .1 * torch.randn(1, hypotheses, frames, 17, 3)
    guesses[:, 1] = pose
    return pose, keypoints, guesses


@pytest.mark.parametrize('select, index', [
    ('frame', [[0, 0, 0], [1, 1, 1]]), ('joint', [[0, 0, 1], [1, 1, 0]]),
    ('clip', [[1, 1, 1], [1, 1, 1]])])
def test_levels_of_selection(select, index):
    assert select_hypothesis(ERROR, select)[0].tolist() == index


def test_unknown_level():
    with pytest.raises(UserError, match="select='body'"):
        select_hypothesis(ERROR, 'body')


def test_taking_joints():
    poses = torch.arange(12.).view(1, 2, 2, 3, 1).expand(-1, -1, -1, -1, 3)
    index = select_hypothesis(ERROR, 'joint')
    assert take_hypothesis(poses, index)[0, ..., 0].tolist() == [
        [0, 1, 8], [9, 10, 5]]


@pytest.mark.parametrize('root', ['least_squares', 'gt'])
@pytest.mark.parametrize('select', ['frame', 'joint', 'clip'])
def test_the_true_hypothesis_wins(root, select):
    pose, keypoints, guesses = scene()
    error = reprojection_error(
        guesses, keypoints, CAMERA, None, root,
        ROOT.expand(1, pose.shape[1], 3))
    assert error[:, 1].max() < 1e-4 < error[:, 0].mean()
    label = take_hypothesis(guesses, select_hypothesis(error, select))
    assert torch.equal(label, pose)


def test_root_is_found_without_the_truth():
    _, keypoints, guesses = scene()
    place = find_root(guesses, keypoints, CAMERA)
    assert (place[:, 1] - ROOT).abs().max() < 2e-3
    assert find_root(guesses, keypoints, CAMERA, root='depth').shape == \
        place.shape


def test_true_root_has_to_be_there():
    _, keypoints, guesses = scene()
    with pytest.raises(UserError, match='no trajectory'):
        find_root(guesses, keypoints, CAMERA, root='gt')


@pytest.mark.parametrize('select', ['frame', 'joint', 'clip'])
def test_missing_keypoints_do_not_choose(select):
    pose, keypoints, guesses = scene()
    weights = torch.ones(1, 4, 17)
    weights[:, :, 5] = 0
    keypoints[:, :, 5] = 7.  # nonsense, of weight 0
    error = reprojection_error(guesses, keypoints, CAMERA, weights)
    label = take_hypothesis(guesses, select_hypothesis(error, select))
    assert torch.equal(label, pose)


def test_aggregations():
    pose, keypoints, guesses = scene()
    torch.testing.assert_close(
        aggregate(guesses, 'mean'), guesses.mean(1))
    assert torch.equal(
        aggregate(guesses, 'j_agg', keypoints, CAMERA), pose)
    for how in ('p_best', 'j_best'):
        assert torch.equal(aggregate(guesses, how, target=pose), pose)
    with pytest.raises(UserError, match='reads the 3D truth'):
        aggregate(guesses, 'p_best')
    with pytest.raises(UserError, match='camera=None'):
        aggregate(guesses, 'j_agg', keypoints)
    with pytest.raises(UserError, match="aggregation='median'"):
        aggregate(guesses, 'median')


def test_joint_best_is_never_worse_than_pose_best():
    pose, _, guesses = scene()
    pose = pose + .05
    errors = [(aggregate(guesses, how, target=pose) - pose).norm(dim=-1).mean()
              for how in ('j_best', 'p_best', 'mean')]
    assert errors[0] <= errors[1]
