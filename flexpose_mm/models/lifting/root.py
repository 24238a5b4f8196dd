"""Where a root-relative pose stands, from its 2D keypoints.

Poses are camera-frame metres relative to joint 0, keypoints and cameras are
normalised as in ``camera``. Nothing here looks at a true root.
"""
from typing import Optional

import torch
from torch import Tensor

from .camera import expand_camera, unproject

#: Metres; a root nearer than this is a failed estimate, not a person.
MIN_DEPTH = 0.1
_EPS = 1e-8


def _weighted_mean(value: Tensor, weight: Tensor) -> Tensor:
    """Mean over joints, (..., J, 2) -> (..., 1, 2)."""
    total = weight.sum(-2, keepdim=True).clamp_min(_EPS)
    return (value * weight).sum(-2, keepdim=True) / total


def solve_root(pose: Tensor,
               keypoints: Tensor,
               camera: Tensor,
               weights: Optional[Tensor] = None,
               min_depth: float = MIN_DEPTH) -> Tensor:
    """Root that explains the keypoints best, by linear least squares.

    Each joint (X, Y, Z) seen along the ray (u, v) asks for
    tx - u tz = u Z - X and ty - v tz = v Z - Y: 2J equations, solved in
    closed form. The depth is held at ``min_depth`` or more, and tx, ty are
    then the best for it.

    Args:
        pose (Tensor): (..., J, 3) root-relative metres.
        keypoints (Tensor): (..., J, 2) normalised; broadcasts with ``pose``.
        camera (Tensor): (..., 9), see :func:`camera.project`.
        weights (Tensor, optional): (..., J) weight of each keypoint, 0 =
            missing. None: all are 1.
        min_depth (float): Metres.

    Returns:
        Tensor: (..., 3) camera-frame metres.
    """
    rays = unproject(keypoints, camera)
    weight = torch.ones_like(rays[..., :1]) if weights is None else \
        weights.unsqueeze(-1).to(rays)
    rest = rays * pose[..., 2:] - pose[..., :2]
    mean_ray = _weighted_mean(rays, weight)
    mean_rest = _weighted_mean(rest, weight)
    spread = rays - mean_ray
    moment = (weight * spread * (rest - mean_rest)).sum((-2, -1))
    depth = -moment / (weight * spread.square()).sum((-2, -1)).clamp_min(_EPS)
    depth = depth.clamp_min(min_depth).unsqueeze(-1)
    side = mean_rest.squeeze(-2) + mean_ray.squeeze(-2) * depth
    return torch.cat([side, depth], -1)


def extents(points: Tensor, seen: Optional[Tensor] = None) -> Tensor:
    """Width and height of the joints' box: (..., J, 2) -> (..., 2).

    Joints where ``seen`` (..., J) is False do not count.
    """
    if seen is None:
        return points.amax(-2) - points.amin(-2)
    seen = seen.unsqueeze(-1)
    return (points.masked_fill(~seen, -torch.inf).amax(-2) -
            points.masked_fill(~seen, torch.inf).amin(-2))


def depth_by_size(pose: Tensor, keypoints: Tensor, camera: Tensor,
                  weights: Optional[Tensor] = None) -> Tensor:
    """Depth at which the pose looks as large as the keypoints.

    z = (fx dx + fy dy) / (w + h), with dx, dy the pose's extents along the
    camera's axes and w, h those of the keypoints (GPA, Chai et al., PoseDA,
    2023).

    Args:
        pose (Tensor): (..., J, 3) metres, any origin.
        keypoints (Tensor): (..., J, 2) normalised.
        camera (Tensor): (..., 9).
        weights (Tensor, optional): (..., J), 0 = missing; extents are then
            those of the other joints, on both sides.

    Returns:
        Tensor: (...) metres.
    """
    seen = None if weights is None else weights > 0
    size = extents(pose[..., :2], seen)
    focal = expand_camera(camera, size.dim())[..., :2]
    return (focal * size).sum(-1) / extents(keypoints, seen).sum(-1).clamp_min(
        _EPS)


def depth_root(pose: Tensor,
               keypoints: Tensor,
               camera: Tensor,
               weights: Optional[Tensor] = None,
               depth: Optional[Tensor] = None) -> Tensor:
    """Root on the ray of the root keypoint, at the depth by size.

    Args:
        pose, keypoints, camera, weights: As :func:`depth_by_size`; joint 0
            is the root.
        depth (Tensor, optional): (...) metres instead of that depth.

    Returns:
        Tensor: (..., 3) camera-frame metres.
    """
    if depth is None:
        depth = depth_by_size(pose, keypoints, camera, weights)
    ray = unproject(keypoints[..., :1, :], camera)[..., 0, :]
    depth = depth.unsqueeze(-1)
    return torch.cat([ray * depth, depth], -1)
