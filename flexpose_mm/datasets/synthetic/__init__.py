"""The embedded default data: people made up by a kinematic model."""
from .domains import DOMAINS, SOURCE, TARGET, PoseDomain, get_domain
from .maker import make_poses, make_sequences

__all__ = [
    'DOMAINS', 'SOURCE', 'TARGET', 'PoseDomain', 'get_domain', 'make_poses',
    'make_sequences'
]
