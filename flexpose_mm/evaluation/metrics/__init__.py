from .crop_pck import CropPCK
from .difficulty_bins import DifficultyBinMetric
from .eval_pose import EvalPose
from .keypoint_error import KeypointError
from .millimetre_mpjpe import MillimetreMPJPE
from .pck3d import PCK3D
from .pose_distribution import PoseDistributionMetric

__all__ = [
    'CropPCK', 'DifficultyBinMetric', 'EvalPose', 'KeypointError',
    'MillimetreMPJPE', 'PCK3D', 'PoseDistributionMetric'
]
