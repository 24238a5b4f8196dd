"""The parts of KeypointGAN (Jakab et al., CVPR 2020)."""
from .decoder import ConditionalDecoder
from .discriminator import MultiScalePatchDiscriminator
from .image_pool import ImagePool
from .image_to_skeleton import ImageToSkeleton
from .layers import ConvEncoder
from .left_right import NearestPoseResolver, OfflineRegressorResolver
from .losses import NormalizedPerceptualLoss, feature_errors, lsgan_loss
from .preprocessor import ImagePairPreprocessor

__all__ = [
    'ConditionalDecoder', 'ConvEncoder', 'ImagePairPreprocessor',
    'ImagePool', 'ImageToSkeleton', 'MultiScalePatchDiscriminator',
    'NearestPoseResolver', 'NormalizedPerceptualLoss',
    'OfflineRegressorResolver', 'feature_errors', 'lsgan_loss'
]
