"""Datasets that read poses from files."""
from .array_file import ArrayFile
from .collect import collect_poses
from .keypoint_array import KeypointArrayDataset
from .pose_array import PoseArrayDataset

__all__ = [
    'ArrayFile', 'KeypointArrayDataset', 'PoseArrayDataset', 'collect_poses'
]
