"""Gamma: the feature extractors of the perceptual loss."""
from .functional import perceptual_loss
from .plain_vgg import PlainVGGFeatures
from .regressor_features import RegressorFeatures
from .vgg import VGGFeatures

__all__ = [
    'PlainVGGFeatures', 'RegressorFeatures', 'VGGFeatures', 'perceptual_loss'
]
