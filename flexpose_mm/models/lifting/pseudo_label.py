"""Which hypothesis explains the 2D keypoints best (PoSynDA, Eqs. 4-5)."""
from typing import Optional

import torch
from torch import Tensor

from flexpose_mm.errors import UserError
from .camera import project
from .root import depth_root, solve_root

SELECTIONS = ('frame', 'joint', 'clip')
ROOTS = ('least_squares', 'depth', 'gt')


def check_choice(where: str, field: str, value, choices) -> None:
    """UserError unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise UserError(where, field, value, f'choose from {tuple(choices)}')


def find_root(poses: Tensor,
              keypoints: Tensor,
              camera: Tensor,
              weights: Optional[Tensor] = None,
              root: str = 'least_squares',
              trajectory: Optional[Tensor] = None) -> Tensor:
    """Where each hypothesis stands.

    Args:
        poses (Tensor): (B, H, F, J, 3) root-relative metres.
        keypoints (Tensor): (B, F, J, 2) normalised.
        camera (Tensor): (B, 9).
        weights (Tensor, optional): (B, F, J), 0 = missing.
        root (str): 'least_squares' of all joints; 'depth' by the size of the
            person (GPA's formula); 'gt', the true ``trajectory`` (B, F, 3),
            which the released code uses and which is a leak.

    Returns:
        Tensor: (B, H, F, 3) camera-frame metres.

    Raises:
        UserError: 'gt' without a trajectory.
    """
    if root == 'gt':
        if trajectory is None:
            raise UserError(
                'pseudo label', 'root', root,
                "the data have no trajectory; use 'least_squares', or, for "
                'analysis only, with_trajectory=True in the dataset')
        return trajectory[:, None].expand(*poses.shape[:3], 3)
    place = solve_root if root == 'least_squares' else depth_root
    weights = None if weights is None else weights[:, None]
    return place(poses, keypoints[:, None], camera, weights)


def reprojection_error(poses: Tensor,
                       keypoints: Tensor,
                       camera: Tensor,
                       weights: Optional[Tensor] = None,
                       root: str = 'least_squares',
                       trajectory: Optional[Tensor] = None) -> Tensor:
    """Distance of projected hypotheses from the keypoints, normalised.

    A missing keypoint gets the mean error of its frame, so that it follows
    the hypothesis that suits its neighbours.

    Args:
        poses, keypoints, camera, weights, root, trajectory: As
            :func:`find_root`.

    Returns:
        Tensor: (B, H, F, J).
    """
    place = find_root(poses, keypoints, camera, weights, root, trajectory)
    seen = project(poses + place.unsqueeze(-2), camera)
    error = (seen - keypoints[:, None]).norm(dim=-1)
    if weights is None:
        return error
    valid = (weights > 0)[:, None].expand_as(error)
    total = (error * valid).sum(-1, keepdim=True)
    mean = total / valid.sum(-1, keepdim=True).clamp_min(1)
    return torch.where(valid, error, mean)


def select_hypothesis(error: Tensor, select: str = 'frame') -> Tensor:
    """Index of the hypothesis with the least error.

    Args:
        error (Tensor): (B, H, F, J).
        select (str): 'frame' chooses whole poses (Eq. 4); 'joint' each joint
            by itself, which may join bones of different hypotheses (J-Agg of
            D3DP, the released code); 'clip' whole clips, which keeps motion.

    Returns:
        Tensor: (B, F, J) int64.

    Raises:
        UserError: Unknown ``select``.
    """
    check_choice('pseudo label', 'select', select, SELECTIONS)
    axes = dict(frame=(-1, ), joint=(), clip=(-2, -1))[select]
    if axes:
        error = error.mean(axes, keepdim=True).expand_as(error)
    return error.argmin(1)


def take_hypothesis(poses: Tensor, index: Tensor) -> Tensor:
    """Joints (B, F, J, 3) of hypotheses (B, H, F, J, 3) by index (B, F, J)."""
    index = index[:, None, ..., None].expand(-1, 1, -1, -1, poses.shape[-1])
    return poses.gather(1, index).squeeze(1)
