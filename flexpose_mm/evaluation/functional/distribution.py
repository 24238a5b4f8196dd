"""All distribution measures of one pose set against a reference set."""
from functools import cached_property
from typing import Dict

import numpy as np

from flexpose_mm.errors import UserError
from .checks import as_vectors, same_width, subsample
from .coverage import coverage_density, knn_radii
from .frechet import GaussianMoments, frechet_distance
from .mmd import default_gamma, kernel_means, median_gamma, mmd2_subsets


class PoseReference:
    """A reference set with everything that does not depend on its rival.

    FD uses every pose; MMD^2 and coverage use seeded subsets. Options and
    poses are checked at once, the slow parts wait for the first comparison.

    Args:
        poses (np.ndarray): (m, K, 2), in [-1, 1] over the square crop.
        mmd_max_samples (int): Poses of either set in MMD^2.
        coverage_samples (int): Poses of either set in coverage, density.
        k (int): Neighbours in coverage and density.
        quick (bool): MMD^2 as the mean over 10 subsets of 5000 poses, with
            its standard deviation under ``MMD2_std``.
        seed (int): Of all subsampling.

    Raises:
        UserError: With NaN or inf, or not more than ``k`` poses.
    """

    def __init__(self,
                 poses,
                 mmd_max_samples: int = 50000,
                 coverage_samples: int = 10000,
                 k: int = 5,
                 quick: bool = False,
                 seed: int = 0):
        for field, value, least in (('k', k, 1),
                                    ('mmd_max_samples', mmd_max_samples, 2),
                                    ('coverage_samples', coverage_samples,
                                     k + 1)):
            if value < least:
                raise UserError('PoseReference', field, value,
                                f'give at least {least}')
        poses = as_vectors('PoseReference', 'poses', poses, k + 1)
        self.mmd_max_samples, self.quick = mmd_max_samples, quick
        self.coverage_samples, self.k = coverage_samples, k
        self.seed = seed
        self.moments = GaussianMoments().update(poses)
        self.gammas = (default_gamma(poses.shape[1]),
                       median_gamma(poses, seed))
        self.mmd_poses = subsample(poses, mmd_max_samples, seed)
        self.near_poses = subsample(poses, coverage_samples, seed)

    @cached_property
    def radii(self):
        """Squared distance of each of ``near_poses`` to its k-th other."""
        return knn_radii(self.near_poses, self.k)

    @cached_property
    def own_means(self):
        """Mean kernels within the reference, one for each gamma."""
        return kernel_means(self.mmd_poses, None, self.gammas)

    def compare(self, generated) -> Dict[str, float]:
        """Report on poses (n, K, 2), n >= 2, in the same coordinates.

        Returns:
            Dict[str, float]: As :func:`pose_distribution_report`.
        """
        x = as_vectors('PoseReference', 'generated', generated, 2)
        same_width('PoseReference', x, self.mmd_poses)
        moments = GaussianMoments().update(x)
        distance = frechet_distance(moments.mean, moments.cov,
                                    self.moments.mean, self.moments.cov)
        spread = np.trace(moments.cov) / np.trace(self.moments.cov)
        report = dict(FD=distance.fd, FD_mean=distance.mean,
                      FD_cov=distance.cov)  # yapf: disable
        report.update(self._mmd(x))
        report['var_ratio'] = float(spread)
        report.update(
            coverage_density(x, self.near_poses, self.k,
                             self.coverage_samples, self.seed, self.radii))
        report['n'] = len(x)
        return report

    def _mmd(self, x):
        if self.quick:
            mean, std = mmd2_subsets(
                x, self.mmd_poses, self.gammas[0], seed=self.seed)
            median, _ = mmd2_subsets(
                x, self.mmd_poses, self.gammas[1], seed=self.seed)
            return dict(MMD2=mean, MMD2_std=std, MMD2_median=median)
        x = subsample(x, self.mmd_max_samples, self.seed)
        own = kernel_means(x, None, self.gammas)
        cross = kernel_means(x, self.mmd_poses, self.gammas)
        values = [
            a + b - 2 * c for a, b, c in zip(own, self.own_means, cross)
        ]
        return dict(MMD2=values[0], MMD2_median=values[1])


def report_table(rows: Dict[str, Dict[str, float]]) -> str:
    """Markdown table of reports: one line for each set, named by its key.

    Numbers are for coordinates in [-1, 1] over the square crop.
    """
    if not rows:
        raise UserError('report_table', 'rows', rows, 'give one report')
    keys = list(next(iter(rows.values())))
    lines = ['| set | ' + ' | '.join(keys) + ' |',
             '|---' * (len(keys) + 1) + '|']  # yapf: disable
    for name, row in rows.items():
        cells = [
            str(row[k]) if isinstance(row[k], int) else f'{row[k]:.4f}'
            for k in keys
        ]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def pose_distribution_report(generated, reference, **kwargs):
    """Compare generated poses with reference poses.

    Args:
        generated (np.ndarray): (n, K, 2), n >= 2, float, in [-1, 1] over the
            square crop (same crop rule and padding as the reference).
        reference (np.ndarray): (m, K, 2); poses that no adaptation has seen.
        **kwargs: As for :class:`PoseReference`: ``mmd_max_samples``,
            ``coverage_samples``, ``k``, ``quick``, ``seed``.

    Returns:
        Dict[str, float]: ``FD`` with its terms ``FD_mean`` and ``FD_cov``
        (squared coordinate units), ``MMD2`` (gamma 1/(2K)), ``MMD2_median``
        (gamma from the reference's median squared distance), ``var_ratio``
        (trace of covariance, generated / reference), ``coverage``,
        ``density``, ``n`` (generated poses).

    Raises:
        UserError: On NaN or inf, unequal joints, or too few poses.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(0, .3, (2, 500, 15, 2))
        >>> report = pose_distribution_report(a, b)
        >>> report['FD'] < 0.5 and abs(report['MMD2']) < 0.01
        True
    """
    return PoseReference(reference, **kwargs).compare(generated)
