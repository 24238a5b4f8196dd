from .confidence import error_by_confidence, rank_correlation
from .coverage import coverage_density, knn_radii, nearest_distances
from .difficulty_bins import bin_similarity, equal_bins
from .distribution import (PoseReference, pose_distribution_report,
                           report_table)
from .eval_pose import eval_pose, kinematic_triplets
from .frechet import FrechetDistance, GaussianMoments, frechet_distance
from .mmd import (default_gamma, kernel_means, median_gamma, mmd2_subsets,
                  mmd2_unbiased)
from .pck3d import joint_errors, pck_auc

__all__ = [
    'FrechetDistance', 'GaussianMoments', 'PoseReference', 'bin_similarity',
    'coverage_density', 'default_gamma', 'equal_bins', 'error_by_confidence',
    'eval_pose', 'frechet_distance', 'joint_errors', 'kernel_means',
    'kinematic_triplets', 'knn_radii', 'median_gamma', 'mmd2_subsets',
    'mmd2_unbiased', 'nearest_distances', 'pck_auc',
    'pose_distribution_report', 'rank_correlation', 'report_table'
]
