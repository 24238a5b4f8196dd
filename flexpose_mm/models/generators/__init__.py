from .discriminator import StyleGANv1Discriminator
from .style_transfer_map import StyleTransferMap
from .stylegan_v1 import StyleGANv1Generator

__all__ = [
    'StyleGANv1Discriminator', 'StyleGANv1Generator', 'StyleTransferMap'
]
