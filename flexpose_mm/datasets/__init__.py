"""Pose datasets, samplers, wrappers and transforms."""
from . import datasets, samplers, synthetic, transforms, wrappers
from .datasets import (ArrayFile, KeypointArrayDataset, PoseArrayDataset,
                       collect_poses)
from .samplers import DifficultySampler
from .transforms import (MapJoints, NormalizePose, PackPose, RenderSkeleton,
                         check_poses, denormalize_poses, normalize_poses)
from .wrappers import (FewShotDataset, GeneratedPoseDataset, PoseBank,
                       PoseMixupDataset, UnpairedPoseImageDataset)

__all__ = [
    'ArrayFile', 'DifficultySampler', 'FewShotDataset', 'GeneratedPoseDataset',
    'KeypointArrayDataset', 'MapJoints', 'NormalizePose', 'PackPose',
    'PoseArrayDataset', 'PoseBank', 'PoseMixupDataset', 'RenderSkeleton',
    'UnpairedPoseImageDataset', 'check_poses', 'collect_poses', 'datasets',
    'denormalize_poses', 'normalize_poses', 'samplers', 'synthetic',
    'transforms', 'wrappers'
]
