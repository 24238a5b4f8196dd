"""Pose datasets, wrappers and transforms."""
from . import datasets, synthetic, transforms, wrappers
from .datasets import (ArrayFile, KeypointArrayDataset, PoseArrayDataset,
                       collect_poses)
from .transforms import (NormalizePose, PackPose, check_poses,
                         denormalize_poses, normalize_poses)

__all__ = [
    'ArrayFile', 'KeypointArrayDataset', 'NormalizePose', 'PackPose',
    'PoseArrayDataset', 'check_poses', 'collect_poses', 'datasets',
    'denormalize_poses', 'normalize_poses', 'synthetic', 'transforms',
    'wrappers'
]
