"""Hooks and other parts of the training loop."""
from .hooks import AtomicCheckpointHook, ExactResumeHook

__all__ = ['AtomicCheckpointHook', 'ExactResumeHook']
