"""Frechet distance of Gaussians fitted to pose coordinates."""
from typing import NamedTuple

import numpy as np

from flexpose_mm.errors import UserError
from .checks import as_vectors


class FrechetDistance(NamedTuple):
    """The distance and its two terms, all in squared coordinate units."""
    fd: float
    mean: float
    cov: float


class GaussianMoments:
    """Mean and covariance of a stream of vectors, in float64.

    Batches are merged by the formula of Chan, Golub and LeVeque (1979),
    which does not cancel for data far from the origin. Rows are converted
    to float64 in chunks, so a memory-mapped float32 array stays on disk.

    Args:
        dim (int, optional): Number of coordinates; by default that of the
            first batch.

    Example:
        >>> moments = GaussianMoments()
        >>> moments.update(np.random.rand(100, 15, 2)).cov.shape
        (30, 30)
    """
    CHUNK = 8192

    def __init__(self, dim: int = None):
        self.n = 0
        self.dim = dim
        self._mean = None if dim is None else np.zeros(dim)
        self._scatter = None if dim is None else np.zeros((dim, dim))

    def update(self, x) -> 'GaussianMoments':
        """Add vectors (n, d) or poses (n, K, D) of any floating dtype."""
        x = as_vectors('GaussianMoments', 'x', x, minimum=0)
        for start in range(0, len(x), self.CHUNK):
            chunk = x[start:start + self.CHUNK].astype(np.float64)
            mean = chunk.mean(axis=0)
            chunk -= mean
            self._add(len(chunk), mean, chunk.T @ chunk)
        return self

    def merge(self, other: 'GaussianMoments') -> 'GaussianMoments':
        """Add what another instance has seen (for example another rank)."""
        if other.n:
            self._add(other.n, other._mean, other._scatter)
        return self

    def _add(self, n, mean, scatter):
        if self._mean is None:
            self.dim = len(mean)
            self._mean = np.zeros(self.dim)
            self._scatter = np.zeros((self.dim, self.dim))
        if len(mean) != self.dim:
            raise UserError('GaussianMoments', 'coordinates per pose',
                            len(mean), f'this stream has {self.dim}')
        total = self.n + n
        delta = mean - self._mean
        self._mean = self._mean + delta * (n / total)
        self._scatter = self._scatter + scatter + np.outer(
            delta, delta) * (self.n * n / total)
        self.n = total

    @property
    def mean(self) -> np.ndarray:
        """Mean (d,), float64."""
        if self.n < 1:
            raise UserError('GaussianMoments', 'n', self.n,
                            'the mean needs at least one vector')
        return self._mean.copy()

    @property
    def cov(self) -> np.ndarray:
        """Unbiased covariance (d, d), divided by n - 1, float64."""
        if self.n < 2:
            raise UserError('GaussianMoments', 'n', self.n,
                            'a covariance needs at least two vectors')
        return self._scatter / (self.n - 1)


def _root(cov):
    """Symmetric square root; rounding below zero is clipped."""
    values, vectors = np.linalg.eigh((cov + cov.T) / 2)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def frechet_distance(mu1, cov1, mu2, cov2) -> FrechetDistance:
    """Squared Frechet (2-Wasserstein) distance of two Gaussians.

    ``|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1^.5 S2 S1^.5)^.5)`` in float64
    (Dowson and Landau 1982). The last trace is taken as the sum of singular
    values of ``S1^.5 S2^.5``: no square root of a rounded eigenvalue is
    needed, so singular covariances (fewer poses than coordinates) lose
    no digits.

    FD scales with the square of the unit. All numbers of this project are
    for coordinates in [-1, 1] over the square crop; pixels of a 128 px crop
    would give 4096 times as much.

    Args:
        mu1 (np.ndarray): Mean (d,).
        cov1 (np.ndarray): Covariance (d, d).
        mu2 (np.ndarray): Mean (d,).
        cov2 (np.ndarray): Covariance (d, d).

    Returns:
        FrechetDistance: ``fd``, and its parts ``mean`` and ``cov``.

    Raises:
        UserError: If shapes disagree or a value is not finite.
    """
    mu1, cov1, mu2, cov2 = (
        np.asarray(v, np.float64) for v in (mu1, cov1, mu2, cov2))
    shapes = mu1.shape, cov1.shape, mu2.shape, cov2.shape
    d = mu1.size
    if shapes != ((d, ), (d, d), (d, ), (d, d)):
        raise UserError('frechet_distance', 'shapes', shapes,
                        'give (d,), (d, d), (d,), (d, d) of the same d')
    if not all(np.isfinite(v).all() for v in (mu1, cov1, mu2, cov2)):
        raise UserError('frechet_distance', 'moments', (mu1, mu2),
                        'contain NaN or inf')
    mean = float(np.square(mu1 - mu2).sum())
    cross = np.linalg.norm(_root(cov1) @ _root(cov2), ord='nuc')
    cov = float(np.trace(cov1) + np.trace(cov2) - 2 * cross)
    cov = max(cov, 0.0)  # equal covariances end at about -1e-16
    return FrechetDistance(mean + cov, mean, cov)
