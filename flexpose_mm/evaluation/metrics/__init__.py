from .crop_pck import CropPCK
from .difficulty_bins import DifficultyBinMetric
from .eval_pose import EvalPose
from .keypoint_error import KeypointError
from .pose_distribution import PoseDistributionMetric

__all__ = [
    'CropPCK', 'DifficultyBinMetric', 'EvalPose', 'KeypointError',
    'PoseDistributionMetric'
]
