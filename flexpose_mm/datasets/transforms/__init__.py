"""Transforms of single poses."""
from .map_joints import MapJoints
from .normalize_pose import (NormalizePose, check_poses, denormalize_poses,
                             normalize_poses)
from .pack_pose import PackPose

__all__ = [
    'MapJoints', 'NormalizePose', 'PackPose', 'check_poses',
    'denormalize_poses', 'normalize_poses'
]
