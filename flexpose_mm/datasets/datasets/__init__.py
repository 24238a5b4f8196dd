"""Datasets that read poses from files."""
from .array_file import ArrayFile
from .collect import collect_poses
from .keypoint_array import KeypointArrayDataset
from .latent_code import LatentCodeDataset
from .pose_array import PoseArrayDataset

__all__ = [
    'ArrayFile', 'KeypointArrayDataset', 'LatentCodeDataset',
    'PoseArrayDataset', 'collect_poses'
]
