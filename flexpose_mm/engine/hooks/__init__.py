"""Hooks: what happens beside the training step."""
from .atomic_checkpoint import AtomicCheckpointHook, AtomicLocalBackend
from .exact_resume import ExactResumeHook
from .lifting_picture import LiftingPictureHook
from .pose_bank import PoseBankHook
from .pose_difficulty import PoseDifficultyHook
from .prepare_adapter import PrepareAdapterHook
from .progressive_growing import ProgressiveGrowingHook
from .sample_grid import SampleGridHook

__all__ = [
    'AtomicCheckpointHook', 'AtomicLocalBackend', 'ExactResumeHook',
    'LiftingPictureHook', 'PoseBankHook', 'PoseDifficultyHook',
    'PrepareAdapterHook', 'ProgressiveGrowingHook', 'SampleGridHook'
]
