from .coverage import coverage_density, knn_radii, nearest_distances
from .distribution import (PoseReference, pose_distribution_report,
                           report_table)
from .frechet import FrechetDistance, GaussianMoments, frechet_distance
from .mmd import (default_gamma, kernel_means, median_gamma, mmd2_subsets,
                  mmd2_unbiased)

__all__ = [
    'FrechetDistance', 'GaussianMoments', 'PoseReference', 'coverage_density',
    'default_gamma', 'frechet_distance', 'kernel_means', 'knn_radii',
    'median_gamma', 'mmd2_subsets', 'mmd2_unbiased', 'nearest_distances',
    'pose_distribution_report', 'report_table'
]
