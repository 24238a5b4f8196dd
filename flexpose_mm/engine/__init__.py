"""Hooks and other parts of the training loop."""
from .hooks import AtomicCheckpointHook, ExactResumeHook
from .optim import MultiOptimWrapperConstructor

__all__ = [
    'AtomicCheckpointHook', 'ExactResumeHook', 'MultiOptimWrapperConstructor'
]
