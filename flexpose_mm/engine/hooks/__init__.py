"""Hooks: what happens beside the training step."""
from .atomic_checkpoint import AtomicCheckpointHook, AtomicLocalBackend
from .exact_resume import ExactResumeHook

__all__ = ['AtomicCheckpointHook', 'AtomicLocalBackend', 'ExactResumeHook']
