"""How much of the target's variety a set of generated poses reaches."""
from typing import Dict

import numpy as np
import torch

from flexpose_mm.errors import UserError
from .checks import as_vectors, same_width, subsample

BLOCK = 512


def _tensor(x):
    # float64: neighbours in a film are so alike that float32 would cancel
    return torch.from_numpy(np.ascontiguousarray(x, np.float64))


def _distance_blocks(x, y):
    """Yield (first row, (b, m) squared distances) over blocks of ``x``."""
    centre = y.mean(dim=0)
    x, y = x - centre, y - centre
    square = y.square().sum(dim=1)
    for start in range(0, len(x), BLOCK):
        rows = x[start:start + BLOCK]
        own = rows.square().sum(dim=1, keepdim=True)
        dist = torch.addmm(square[None], rows, y.T, alpha=-2).add_(own)
        yield start, dist.clamp_(min=0)


def knn_radii(reference, k: int = 5) -> torch.Tensor:
    """Squared distance from each pose to its k-th other pose, (m,)."""
    y = _tensor(as_vectors('knn_radii', 'reference', reference, k + 1))
    radii = torch.empty(len(y), dtype=torch.float64)
    for start, dist in _distance_blocks(y, y):
        end = start + len(dist)
        rows = torch.arange(len(dist))
        dist[rows, start + rows] = float('inf')
        radii[start:end] = dist.kthvalue(k, dim=1).values
    return radii


def nearest_distances(x, y) -> np.ndarray:
    """Distance from each pose of ``x`` to the nearest one of ``y``.

    With few shots as ``y`` it shows copying: a small median beside a good FD
    means that shots were repeated, not a distribution learnt.

    Args:
        x (np.ndarray | torch.Tensor): (n, K, 2) or (n, d).
        y (np.ndarray | torch.Tensor): (m, K, 2) or (m, d).

    Returns:
        np.ndarray: (n,), root-mean-square over the d coordinates, in their
        unit.
    """
    x = as_vectors('nearest_distances', 'x', x)
    y = as_vectors('nearest_distances', 'y', y)
    same_width('nearest_distances', x, y)
    parts = [
        dist.min(dim=1).values
        for _, dist in _distance_blocks(_tensor(x), _tensor(y))
    ]
    return torch.cat(parts).div(x.shape[1]).sqrt().numpy()


def coverage_density(generated,
                     reference,
                     k: int = 5,
                     max_samples: int = 10000,
                     seed: int = 0,
                     radii: torch.Tensor = None) -> Dict[str, float]:
    """Density and coverage of Naeem et al. (ICML 2020), in keypoint space.

    Around each reference pose lies a ball that reaches to its k-th nearest
    reference pose. *Coverage* is the share of balls with a generated pose
    inside (0..1; copies of few poses cover few balls). *Density* is the mean
    number of balls around a generated pose, divided by k (about 1 for equal
    distributions, may exceed 1).

    Coverage depends on both set sizes: compare numbers only for the same n
    and the same ``max_samples``.

    Args:
        generated (np.ndarray | torch.Tensor): (n, K, 2) or (n, d).
        reference (np.ndarray | torch.Tensor): (m, K, 2) or (m, d), m > k.
        k (int): Neighbours that set the radius.
        max_samples (int): Larger sets are subsampled to so many poses.
        seed (int): Of the subsampling.
        radii (torch.Tensor, optional): :func:`knn_radii` of ``reference``,
            if at hand; the reference is then taken whole.

    Returns:
        Dict[str, float]: ``coverage`` and ``density``.

    Raises:
        UserError: On bad poses, unequal joints, k < 1 or too few references.
    """
    if k < 1:
        raise UserError('coverage_density', 'k', k, 'give at least 1')
    x = as_vectors('coverage_density', 'generated', generated)
    y = as_vectors('coverage_density', 'reference', reference, k + 1)
    same_width('coverage_density', x, y)
    x = _tensor(subsample(x, max_samples, seed))
    if radii is None:
        y = subsample(y, max_samples, seed)
        radii = knn_radii(y, k)
    y = _tensor(y)
    inside, hit = 0, torch.zeros(len(y), dtype=torch.bool)
    for _, dist in _distance_blocks(x, y):
        within = dist < radii
        inside += int(within.sum())
        hit |= within.any(dim=0)
    return dict(
        coverage=float(hit.double().mean()), density=inside / (k * len(x)))
