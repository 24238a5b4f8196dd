"""Samplers: which items an epoch is made of."""
from .difficulty import DifficultySampler

__all__ = ['DifficultySampler']
