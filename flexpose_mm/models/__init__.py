"""Generators, GANs, adapters, Gamma, beta and the pose sampler."""
from . import (adapters, data_preprocessors, estimators, gans, generators,
               keypointgan, lifting, perceptual, regressors, samplers, uda,
               vae)

__all__ = [
    'adapters', 'data_preprocessors', 'estimators', 'gans', 'generators',
    'keypointgan', 'lifting', 'perceptual', 'regressors', 'samplers', 'uda',
    'vae'
]
