"""Pose datasets, wrappers and transforms."""
from . import datasets, synthetic, transforms, wrappers
from .datasets import (ArrayFile, KeypointArrayDataset, PoseArrayDataset,
                       collect_poses)
from .transforms import (MapJoints, NormalizePose, PackPose, RenderSkeleton,
                         check_poses, denormalize_poses, normalize_poses)
from .wrappers import (FewShotDataset, GeneratedPoseDataset,
                       PoseMixupDataset)

__all__ = [
    'ArrayFile', 'FewShotDataset', 'GeneratedPoseDataset',
    'KeypointArrayDataset', 'MapJoints', 'NormalizePose', 'PackPose',
    'PoseArrayDataset', 'PoseMixupDataset', 'RenderSkeleton', 'check_poses',
    'collect_poses', 'datasets', 'denormalize_poses', 'normalize_poses',
    'synthetic', 'transforms', 'wrappers'
]
