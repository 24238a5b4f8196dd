"""From 2D keypoints of a video to 3D poses: read, check, lift, write."""
from .files import lift_files
from .lifter import LiftedSequence, LiftOptions, init_lifter, lift
from .readers import read_sequences
from .sequence import INPUT_ORDERS, Sequence2D, from_array

__all__ = [
    'INPUT_ORDERS', 'LiftOptions', 'LiftedSequence', 'Sequence2D',
    'from_array', 'init_lifter', 'lift', 'lift_files', 'read_sequences'
]
