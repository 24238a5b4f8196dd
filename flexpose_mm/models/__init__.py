"""Generators, GANs, adapters, Gamma, beta and the pose sampler."""
from . import (adapters, data_preprocessors, gans, generators, perceptual,
               regressors, samplers)

__all__ = [
    'adapters', 'data_preprocessors', 'gans', 'generators', 'perceptual',
    'regressors', 'samplers'
]
