"""Pose estimators that learn from unlabelled target images."""
from .keypoint_gan import KeypointGAN
from .regda import RegDA
from .udape import UDAPE

__all__ = ['KeypointGAN', 'RegDA', 'UDAPE']
