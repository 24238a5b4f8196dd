from .pose_flow import PoseFlow
from .skeleton_gan import SkeletonGAN
from .warm_start import PriorWarmStart

__all__ = ['PoseFlow', 'PriorWarmStart', 'SkeletonGAN']
