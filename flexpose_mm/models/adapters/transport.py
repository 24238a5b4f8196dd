"""Target poses for any code: a Gaussian transport of the source's poses.

A handful of shots says where the target's poses lie and how they spread, but
not which code is which pose. The optimal transport between two Gaussians is
one linear map; applied to beta(g_s(z)) it gives every z a pose of its own,
so that the generator keeps the variety of the source. Not in the paper.
"""
from typing import Tuple

import torch
from torch import Tensor

from flexpose_mm.errors import UserError


def shrunk_covariance(x: Tensor, prior: Tensor) -> Tuple[Tensor, float]:
    """Mean of the covariance of few samples and of a prior.

    The prior counts as much as d samples, and at most half. Estimates of the
    weight from the samples (Chen et al. 2010, Ledoit and Wolf 2004) do worse
    here: a few sitting or lying persons decide the spread of 30 shots.

    Args:
        x (Tensor): (n, d) float64.
        prior (Tensor): Covariance (d, d).

    Returns:
        tuple[Tensor, float]: Covariance (d, d), and the weight of the prior,
        d / (d + max(n, d)); one sample has no covariance, and gets the prior
        with weight 1.
    """
    n, d = x.shape
    if n < 2:
        return prior, 1.
    weight = d / (d + max(n, d))
    return torch.lerp(x.T.cov(), prior, weight), weight


def gaussian_transport(mean_s: Tensor, cov_s: Tensor, mean_t: Tensor,
                       cov_t: Tensor) -> Tuple[Tensor, Tensor]:
    """A, b such that x A + b is N(mean_t, cov_t) for x ~ N(mean_s, cov_s).

    A = S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2, the symmetric matrix of the
    optimal transport between the two (Dowson and Landau 1982).

    Args:
        mean_s, mean_t (Tensor): (d,) float64.
        cov_s, cov_t (Tensor): (d, d); directions in which the source
            hardly moves count as a 1e-4 of its largest.

    Returns:
        tuple[Tensor, Tensor]: A (d, d) and b (d,).
    """
    values, axes = _spectrum(cov_s)
    root = (axes * values.sqrt()) @ axes.T
    inverse = (axes / values.sqrt()) @ axes.T
    matrix = inverse @ _root(root @ cov_t @ root) @ inverse
    return matrix, mean_t - mean_s @ matrix


def _spectrum(matrix: Tensor) -> Tuple[Tensor, Tensor]:
    """Eigenvalues, none below 1e-4 of the largest, and axes."""
    values, axes = torch.linalg.eigh(matrix)
    return values.clamp_min(1e-4 * values[-1]), axes


def _root(matrix: Tensor) -> Tensor:
    """Square root of a symmetric matrix without negative eigenvalues."""
    values, axes = torch.linalg.eigh((matrix + matrix.T) / 2)
    return (axes * values.clamp_min(0).sqrt()) @ axes.T


def transport_poses(source: Tensor, shots: Tensor) -> Tuple[Tensor, float]:
    """Move source poses to where the shots say that the target is.

    Args:
        source (Tensor): beta(g_s(z)) on the canvas, (N, K, 2), N > 2K.
        shots (Tensor): Target poses on the canvas, (n, K, 2).

    Returns:
        tuple[Tensor, float]: Poses (N, K, 2) in the dtype of ``source``, and
        the weight that the source's covariance had.

    Raises:
        UserError: Too few source poses for their covariance.
    """
    x, y = source.flatten(1).double(), shots.flatten(1).double()
    if len(x) <= x.shape[1]:
        raise UserError('transport', 'pool_size', len(x),
                        f'give more than {x.shape[1]} codes, the number of '
                        'coordinates of a pose')
    cov_s = x.T.cov()
    cov_t, weight = shrunk_covariance(y, cov_s)
    matrix, shift = gaussian_transport(x.mean(0), cov_s, y.mean(0), cov_t)
    return (x @ matrix + shift).reshape(source.shape).to(source), weight
