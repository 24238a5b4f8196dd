"""Transforms of single poses."""
from .augment_target import (RotateLeg, RotatePose, ScalePose, rotate_limb,
                             rotate_poses)
from .lifting_clip import PackClip, RandomFlipClip, flip_clip
from .map_joints import MapJoints
from .normalize_pose import (NormalizePose, check_poses, denormalize_poses,
                             normalize_poses)
from .pack_pose import PackPose
from .render_skeleton import RenderSkeleton
from .thin_plate_warp import ThinPlateWarp

__all__ = [
    'MapJoints', 'NormalizePose', 'PackClip', 'PackPose', 'RandomFlipClip',
    'RenderSkeleton', 'RotateLeg', 'RotatePose', 'ScalePose',
    'ThinPlateWarp', 'check_poses', 'denormalize_poses', 'flip_clip',
    'normalize_poses', 'rotate_limb', 'rotate_poses'
]
