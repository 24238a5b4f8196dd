"""From heatmaps to points and to how far they can be trusted.

Labels are MMPose's ``RegressionLabel`` units: crop pixels divided by the crop
side, centre of the top-left pixel = (0, 0). On a canvas of S pixels
``label = (canvas + 1) / 2 - 0.5 / S``.
"""
from typing import Tuple

import torch
from torch import Tensor


def canvas_to_label(points: Tensor, size: int) -> Tensor:
    """Canvas coordinates in [-1, 1] to ``RegressionLabel`` units."""
    return (points + 1) / 2 - 0.5 / size


def label_to_canvas(labels: Tensor, size: int) -> Tensor:
    """``RegressionLabel`` units to canvas coordinates in [-1, 1]."""
    return labels * 2 - 1 + 1 / size


def cell_centers(cells: int, size: int, device=None) -> Tensor:
    """Centres of a heatmap's cells in label units: (cells,) float32.

    Cell i of a map of stride ``size / cells`` covers that many pixels, so
    its centre lies half a stride from its edge, not at ``i / cells``.
    """
    index = torch.arange(cells, dtype=torch.float32, device=device)
    return (index + 0.5) / cells - 0.5 / size


def heatmap_spread(heatmaps: Tensor, coords: Tensor, grid_x: Tensor,
                   grid_y: Tensor) -> Tensor:
    """Variance of each heatmap per axis, averaged over x and y.

    Args:
        heatmaps (Tensor): (N, K, h, w), each map sums to one.
        coords (Tensor): (N, K, 2) expectations in the grid's unit.
        grid_x (Tensor): (w,) cell centres.
        grid_y (Tensor): (h,) cell centres.

    Returns:
        Tensor: (N, K), in the grid's unit squared.
    """
    dx = (grid_x - coords[..., :1]).square()
    dy = (grid_y - coords[..., 1:]).square()
    var_x = (heatmaps.sum(dim=-2) * dx).sum(dim=-1)
    var_y = (heatmaps.sum(dim=-1) * dy).sum(dim=-1)
    return (var_x + var_y) / 2


def spread_to_score(spread: Tensor, floor: float) -> Tensor:
    """Confidence in (0, 1]: ``min(1, floor / spread)``, falling in spread."""
    return floor / spread.clamp(min=floor)


def soft_argmax(logits: Tensor, grid_x: Tensor, grid_y: Tensor,
                separable: bool) -> Tuple[Tensor, Tensor]:
    """Expected place under a softmax of the logits.

    Args:
        logits (Tensor): (N, K, h, w).
        grid_x (Tensor): (w,) cell centres.
        grid_y (Tensor): (h,) cell centres.
        separable (bool): KeypointGAN's form: average the logits over the
            other axis first, softmax each marginal. Else one softmax over
            all cells (Sun et al., ECCV 2018).

    Returns:
        tuple: coords (N, K, 2) and log heatmaps (N, K, h, w), whose
        exponentials sum to one.
    """
    if separable:
        rows = logits.mean(dim=-1).log_softmax(dim=-1)
        columns = logits.mean(dim=-2).log_softmax(dim=-1)
        log_maps = rows[..., :, None] + columns[..., None, :]
    else:
        log_maps = logits.flatten(2).log_softmax(dim=-1).view_as(logits)
    heatmaps = log_maps.exp()
    x = (heatmaps.sum(dim=-2) * grid_x).sum(dim=-1)
    y = (heatmaps.sum(dim=-1) * grid_y).sum(dim=-1)
    return torch.stack([x, y], dim=-1), log_maps


def target_heatmaps(points: Tensor, drawn: Tensor, grid_x: Tensor,
                    grid_y: Tensor, variance: float) -> Tensor:
    """Gaussians at the drawn joints, uniform maps for the others.

    Args:
        points (Tensor): (N, K, 2) in the grid's unit.
        drawn (Tensor): (N, K), > 0 where the joint is in the image.
        grid_x (Tensor): (w,) cell centres.
        grid_y (Tensor): (h,) cell centres.
        variance (float): Of the Gaussians, per axis.

    Returns:
        Tensor: (N, K, h, w), each map sums to one.
    """
    far_x = (grid_x - points[..., :1]).square() / (2 * variance)
    far_y = (grid_y - points[..., 1:]).square() / (2 * variance)
    maps = (-far_x).softmax(-1)[..., None, :] * (-far_y).softmax(-1)[..., None]
    return torch.where((drawn > 0)[..., None, None], maps,
                       torch.full_like(maps, 1 / maps[0, 0].numel()))
