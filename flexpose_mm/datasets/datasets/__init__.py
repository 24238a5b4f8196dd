"""Datasets that read poses from files."""
from .array_file import ArrayFile
from .collect import collect_poses
from .keypoint_array import KeypointArrayDataset
from .keypoint_image import KeypointImageDataset
from .latent_code import LatentCodeDataset
from .person_image import PersonImageDataset
from .pose_array import PoseArrayDataset
from .projected_pose import ProjectedPoseDataset

__all__ = [
    'ArrayFile', 'KeypointArrayDataset', 'KeypointImageDataset',
    'LatentCodeDataset', 'PersonImageDataset', 'PoseArrayDataset',
    'ProjectedPoseDataset', 'collect_poses'
]
