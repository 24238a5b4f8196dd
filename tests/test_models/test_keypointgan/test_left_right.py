"""Left and right from the pose bank, or from an offline regressor."""
import pytest
import torch
from torch import nn

import tiny
from flexpose_mm import UserError
from flexpose_mm.models.keypointgan import (NearestPoseResolver,
                                            OfflineRegressorResolver)
from flexpose_mm.skeletons import get_skeleton

FLIP = list(get_skeleton('body15').flip_indices)


def some_poses(n=6, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(n, 15, 2, generator=rng) * 1.6 - 0.8


def test_nearest_pose_puts_exchanged_poses_right():
    bank = some_poses()
    resolver = NearestPoseResolver(size=6)
    resolver.remember(bank)
    wrong = torch.tensor([True, False, True, False, False, True])
    given = torch.where(wrong[:, None, None], bank[:, FLIP], bank) + 0.01
    scores = torch.arange(90.).view(6, 15)
    poses, ranked = resolver(given, scores)
    assert torch.allclose(poses, bank + 0.01)
    assert torch.equal(ranked[1], scores[1])
    assert torch.equal(ranked[0], scores[0, FLIP])


def test_nearest_pose_leaves_alone_what_it_does_not_know():
    poses, scores = some_poses(), torch.ones(6, 15)
    fresh = NearestPoseResolver(size=3)
    assert torch.equal(fresh(poses[:, FLIP], scores)[0], poses[:, FLIP])
    fresh.remember(poses)
    kept = fresh.poses.clone()
    fresh.remember(some_poses(seed=1))  # a refresh of the bank
    assert torch.equal(fresh.poses, kept)
    other = NearestPoseResolver(size=3)
    other.load_state_dict(fresh.state_dict())
    assert torch.equal(other.poses, kept)


def test_margin():
    bank = some_poses(1)
    strict = NearestPoseResolver(size=1, margin=0.5)
    strict.remember(bank)
    middle = 0.45 * bank + 0.55 * bank[:, FLIP]
    assert not strict.exchanged(middle).any()
    with pytest.raises(UserError, match='margin'):
        NearestPoseResolver(margin=0)


class Reader(nn.Module):
    """Reads one pose, whatever is drawn."""

    def __init__(self, pose):
        super().__init__()
        self.pose = pose

    def regress(self, images):
        return self.pose.expand(len(images), 15, 2), None


def test_offline_regressor_decides():
    pose = some_poses(1)[0]
    alpha = tiny.build(tiny.preprocessor(16, colors='gray'))
    resolver = OfflineRegressorResolver(Reader(pose), alpha)
    both = torch.stack([pose, pose[FLIP]])
    assert resolver.exchanged(both).tolist() == [False, True]
    assert not resolver.train().training
    with pytest.raises(UserError, match="colors='rgb'.*gray"):
        OfflineRegressorResolver(
            Reader(pose), tiny.build(tiny.preprocessor(16)))
