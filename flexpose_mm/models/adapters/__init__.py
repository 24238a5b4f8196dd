from .adagan import AdaGAN
from .base import PoseAdapter
from .direct import DirectTransfer
from .freezed import FreezeD
from .lora import LoRAAdapter
from .nonlinear import NonlinearAdapter
from .style_map import StyleMapAdapter
from .tau import FlexPose

__all__ = [
    'AdaGAN', 'DirectTransfer', 'FlexPose', 'FreezeD', 'LoRAAdapter',
    'NonlinearAdapter', 'PoseAdapter', 'StyleMapAdapter'
]
