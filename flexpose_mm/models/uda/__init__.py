"""What RegDA and UDAPE are made of."""
from .adain import AdaINStyle, adain
from .base import DomainAdaptationEstimator
from .codec import ArgmaxHeatmap
from .consistency import (confident_joints, consistency_loss, ema_update,
                          occlude_joints)
from .heatmaps import (argmax_cells, gaussian_maps, heatmap_mse, joints_kl,
                       keypoint_maps)
from .preprocessor import DomainPairPreprocessor
from .regression_disparity import (other_joints, regression_disparity,
                                   warm_start, warm_start_coefficient)
from .views import (color_jitter, draw_affines, draw_crops, map_matrix,
                    transform_points, warp)

__all__ = [
    'AdaINStyle', 'ArgmaxHeatmap', 'DomainAdaptationEstimator',
    'DomainPairPreprocessor', 'adain', 'argmax_cells', 'color_jitter',
    'confident_joints', 'consistency_loss', 'draw_affines', 'draw_crops',
    'ema_update', 'gaussian_maps', 'heatmap_mse', 'joints_kl',
    'keypoint_maps', 'map_matrix', 'occlude_joints', 'other_joints',
    'regression_disparity', 'transform_points', 'warm_start',
    'warm_start_coefficient', 'warp'
]
