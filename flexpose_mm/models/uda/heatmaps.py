"""Heatmaps of joints and losses on them, as RegDA and UDAPE use them.

A cell (x, y) of a map stands for the input pixel (stride x, stride y); the
cell of a joint is its coordinate over the stride, rounded half up.
"""
from typing import Tuple

import torch
from torch import Tensor


def gaussian_maps(cells: Tensor, size: Tuple[int, int],
                  sigma: float = 2.) -> Tensor:
    """Gaussians of peak 1 at cells, cut off at the square of 3 sigma.

    Args:
        cells (Tensor): (..., 2) integer x, y.
        size (tuple): Height and width of the maps.
        sigma (float): In cells.

    Returns:
        Tensor: (..., h, w) float32.
    """
    x = torch.arange(size[1], device=cells.device) - cells[..., :1]
    y = torch.arange(size[0], device=cells.device) - cells[..., 1:]
    radius = int(3 * sigma)

    def profile(distance):
        bell = torch.exp(-distance.float().square() / (2 * sigma**2))
        return torch.where(distance.abs() <= radius, bell, 0.)

    return profile(y)[..., :, None] * profile(x)[..., None, :]


def keypoint_maps(points: Tensor, visible: Tensor, stride: int,
                  size: Tuple[int, int],
                  sigma: float = 2.) -> Tuple[Tensor, Tensor]:
    """Labels and weights of joints in input pixels.

    Args:
        points (Tensor): (B, K, 2).
        visible (Tensor): (B, K), > 0.5 = present.
        stride (int): Input pixels of a cell.
        size (tuple): Height and width of the maps.
        sigma (float): In cells.

    Returns:
        tuple: maps (B, K, h, w), 0 where the weight is; weights (B, K): 0
        for an absent joint or a cell outside of the map.
    """
    points = torch.where(visible[..., None] > .5, points, -1e6)
    cells = (points / stride + .5).floor()
    limit = cells.new_tensor((size[1], size[0]))
    inside = ((cells >= 0) & (cells < limit)).all(-1)
    weight = (inside & (visible > .5)).float()
    maps = gaussian_maps(cells.clamp(-1e4, 1e4), size, sigma)
    return maps * weight[..., None, None], weight


def argmax_cells(maps: Tensor) -> Tensor:
    """Cell (x, y) of the maximum of each map, (..., h, w) -> (..., 2)."""
    best = maps.flatten(-2).argmax(-1)
    width = maps.shape[-1]
    return torch.stack([best % width, best // width], -1)


def joints_kl(output: Tensor, target: Tensor, weight: Tensor,
              eps: float = 0.) -> Tensor:
    """KL(target || softmax(output)) over the cells of each joint.

    Jiang et al., "Regressive Domain Adaptation for Unsupervised Keypoint
    Detection" (CVPR 2021), eq. 4. Targets are brought to sum 1; joints of
    weight 0 and empty targets count as 0, also in the mean's denominator.

    Args:
        output (Tensor): (B, K, h, w) logits.
        target (Tensor): (B, K, h, w), not negative.
        weight (Tensor): (B, K).
        eps (float): Added to each cell of the target.

    Returns:
        Tensor: Scalar in nats, mean over all B K joints.
    """
    log_q = output.float().flatten(2).log_softmax(-1)
    target = target.flatten(2) + eps
    total = target.sum(-1, keepdim=True)
    p = target / torch.where(total > 0, total, 1.)
    kl = (torch.xlogy(p, p) - p * log_q).sum(-1)
    return torch.where(weight > 0, kl * weight, 0.).mean()


def heatmap_mse(output: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Half the squared error, mean over all elements, weighted by joint."""
    error = (output.float() - target) * weight[..., None, None]
    return .5 * error.square().mean()
