"""Lifting 2D keypoints to 3D by diffusion, and PoSynDA's adaptation."""
from .adaptation import PoSynDAAdaptation
from .aggregation import aggregate
from .checkpoints import load_lifter
from .clips import ClipBatch, ClipPreprocessor
from .diffusion import GaussianDiffusion
from .head import HypothesisHead
from .lora import inject_lora, merge_lora
from .losses import HalfSquaredLoss
from .mixste import MixSTE
from .posynda import PoSynDALifter
from .videopose import VideoPoseDenoiser

__all__ = [
    'ClipBatch', 'ClipPreprocessor', 'GaussianDiffusion', 'HalfSquaredLoss',
    'HypothesisHead', 'MixSTE', 'PoSynDAAdaptation', 'PoSynDALifter',
    'VideoPoseDenoiser', 'aggregate', 'inject_lora', 'load_lifter',
    'merge_lora'
]
