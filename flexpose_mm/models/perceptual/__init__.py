"""Gamma: the feature extractors of the perceptual loss."""
from .functional import perceptual_loss
from .regressor_features import RegressorFeatures
from .vgg import VGGFeatures

__all__ = ['RegressorFeatures', 'VGGFeatures', 'perceptual_loss']
