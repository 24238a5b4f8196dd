"""Transforms of single poses."""
from .map_joints import MapJoints
from .normalize_pose import (NormalizePose, check_poses, denormalize_poses,
                             normalize_poses)
from .pack_pose import PackPose
from .render_skeleton import RenderSkeleton

__all__ = [
    'MapJoints', 'NormalizePose', 'PackPose', 'RenderSkeleton',
    'check_poses', 'denormalize_poses', 'normalize_poses'
]
