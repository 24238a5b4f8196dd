"""The embedded default data: people made up by a kinematic model."""
from .body import render_body
from .dataset import SyntheticPoseDataset
from .domains import DOMAINS, SOURCE, TARGET, PoseDomain, get_domain
from .lifting import SyntheticLiftingDataset
from .looks import (SOURCE_STYLE, TARGET_STYLE, Look, Style, draw_look,
                    get_style)
from .maker import make_poses, make_sequences
from .video import SyntheticVideoDataset

__all__ = [
    'DOMAINS', 'SOURCE', 'SOURCE_STYLE', 'TARGET', 'TARGET_STYLE', 'Look',
    'PoseDomain', 'Style', 'SyntheticLiftingDataset', 'SyntheticPoseDataset',
    'SyntheticVideoDataset', 'draw_look', 'get_domain', 'get_style',
    'make_poses', 'make_sequences', 'render_body'
]
