from .base import PoseAdapter
from .tau import FlexPose

__all__ = ['FlexPose', 'PoseAdapter']
