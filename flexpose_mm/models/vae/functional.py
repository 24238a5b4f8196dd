"""The terms of the pose VAE on tensors.

Dua et al., "Towards Effective Synthetic Data Sampling for Domain Adaptive
Pose Estimation", eq. 1 (loss) and eq. 2 (score). The paper leaves the
normalisation of coordinates open: here a pose is taken about the mean of its
visible joints, in units of their root-mean-square distance from it, so that
place and size in the image do not make a pose difficult, but its orientation
does.
"""
from typing import Tuple

import torch
from torch import Tensor


def standardize_poses(poses: Tensor,
                      visible: Tensor) -> Tuple[Tensor, Tensor]:
    """Poses about their centroid, in units of their RMS radius.

    Args:
        poses (Tensor): (N, K, 2), any unit; invisible joints may hold
            anything.
        visible (Tensor): (N, K), > 0 = present.

    Returns:
        tuple: (N, K, 2) float32, invisible joints 0, with sum of squares =
        number of visible joints; RMS radius (N,) float64 in the input's
        unit, 0 where the joints coincide or none is visible (the pose is
        then all 0).
    """
    seen = (visible > 0)[..., None]
    points = torch.where(seen, poses, torch.zeros_like(poses)).double()
    count = seen.sum(1).clamp(min=1)
    offset = torch.where(seen, points - (points.sum(1) / count)[:, None], 0.)
    radius = (offset.square().sum((1, 2)) / count[:, 0]).sqrt()
    # what rounding leaves of coinciding joints is no size
    extent = points.abs().amax((1, 2)).clamp(min=1e-300)
    radius = torch.where(radius > 1e-9 * extent, radius, 0.)
    unit = torch.where(radius > 0, 1 / radius, 0.)
    return (offset * unit[:, None, None]).float(), radius


def usable_poses(poses: Tensor, visible: Tensor) -> Tensor:
    """(N,) bool: at least two and half of the joints, not all in one place.
    """
    count, k = (visible > 0).sum(1), visible.shape[1]
    enough = (count >= 2) & (2 * count >= k)
    return enough & (standardize_poses(poses, visible)[1] > 0)


def reconstruction_error(pose: Tensor, output: Tensor,
                         visible: Tensor) -> Tensor:
    """Eq. 2: squared distances summed over the joints.

    Invisible joints are left out, and the sum is scaled to K joints.

    Args:
        pose (Tensor): y, (N, K, 2), standardized.
        output (Tensor): y^, (N, K, 2).
        visible (Tensor): (N, K), > 0 = present.

    Returns:
        Tensor: (N,) float64; 0 without a visible joint.
    """
    seen = visible > 0
    square = (pose.double() - output.double()).square().sum(-1)
    total = torch.where(seen, square, 0.).sum(1)
    return total * (seen.shape[1] / seen.sum(1).clamp(min=1))


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL[N(mu, sigma), N(0, I)] in nats, (N, L) -> (N,)."""
    return .5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)


def vae_loss(pose: Tensor, output: Tensor, visible: Tensor, mu: Tensor,
             logvar: Tensor, kl_weight: float) -> Tuple[Tensor, Tensor]:
    """Eq. 1, averaged over the batch.

    Returns:
        tuple: Scalars: reconstruction error, and lambda times KL.
    """
    error = reconstruction_error(pose, output, visible).mean().float()
    return error, kl_weight * gaussian_kl(mu, logvar).mean()
