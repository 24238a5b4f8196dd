from .augmentor import SkeletonAugmentor
from .encoder import SkeletonEncoder
from .estimator import SkeletonRegressor
from .head import SkeletonHeatmapHead

__all__ = [
    'SkeletonAugmentor', 'SkeletonEncoder', 'SkeletonHeatmapHead',
    'SkeletonRegressor'
]
