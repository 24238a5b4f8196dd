"""Which code belongs to which target pose.

The paper draws one random code per shot and says nothing about the codes of
the mixtures; fact sheet, section 4.1, explains the choices.
"""
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from flexpose_mm.errors import UserError

PAIRINGS = ('mix', 'transport', 'fixed', 'resample')
ANCHORS = ('random', 'nearest_centered', 'ot')


def check_choice(where: str, field: str, value: str, choices) -> None:
    """Refuse a value that is none of ``choices``."""
    if value not in choices:
        raise UserError(where, field, value, f'choose from {list(choices)}')


def mix_codes(codes: Tensor, mixup: Tensor) -> Tensor:
    """z* = (lam z_i + (1-lam) z_j) / sqrt(lam^2 + (1-lam)^2).

    The root keeps N(0, I) statistics, so mixtures of codes follow mixtures
    of poses.

    Args:
        codes (Tensor): z of the shots, (n, C).
        mixup (Tensor): (i, j, lam) of each mixture, (N, 3).

    Returns:
        Tensor: (N, C).
    """
    i, j, lam = mixup[:, 0].long(), mixup[:, 1].long(), mixup[:, 2:]
    mixed = lam * codes[i] + (1 - lam) * codes[j]
    return mixed / (lam**2 + (1 - lam)**2).sqrt()


def choose_anchors(shots: Tensor, pool_poses: Tensor, pool_codes: Tensor,
                   method: str) -> Tensor:
    """A code of the pool for each target pose.

    Args:
        shots (Tensor): Target poses on the canvas, (n, K, 2).
        pool_poses (Tensor): beta(g_s(z)) of the pool, (m, K, 2).
        pool_codes (Tensor): z of the pool, (m, C).
        method (str): ``nearest_centered``: nearest pose once both sets are
            centred at their mean pose, so that what all poses share (the
            domain shift) does not decide; ``ot``: one-to-one assignment of
            least total squared distance.

    Returns:
        Tensor: (n, C).
    """
    target, source = shots.flatten(1).double(), pool_poses.flatten(1).double()
    if method == 'nearest_centered':
        target, source = target - target.mean(0), source - source.mean(0)
        return pool_codes[torch.cdist(target, source).argmin(1)]
    cost = torch.cdist(target, source).square()
    _, columns = linear_sum_assignment(cost.cpu().numpy())
    return pool_codes[torch.as_tensor(columns, device=pool_codes.device)]
