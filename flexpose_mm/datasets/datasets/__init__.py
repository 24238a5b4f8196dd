"""Datasets that read poses from files."""
from .array_file import ArrayFile
from .collect import collect_poses
from .keypoint_array import KeypointArrayDataset
from .keypoint_image import KeypointImageDataset
from .latent_code import LatentCodeDataset
from .lifting_3dhp import MPIINF3DHPLiftingDataset
from .lifting_clip import LiftingClipDataset
from .lifting_cmu import CMULiftingDataset
from .lifting_h36m import H36MLiftingDataset
from .lifting_pw3d import PW3DLiftingDataset
from .person_image import PersonImageDataset
from .pose_array import PoseArrayDataset
from .projected_pose import ProjectedPoseDataset

__all__ = [
    'ArrayFile', 'CMULiftingDataset', 'H36MLiftingDataset',
    'KeypointArrayDataset', 'KeypointImageDataset', 'LatentCodeDataset',
    'LiftingClipDataset', 'MPIINF3DHPLiftingDataset', 'PW3DLiftingDataset',
    'PersonImageDataset', 'PoseArrayDataset', 'ProjectedPoseDataset',
    'collect_poses'
]
