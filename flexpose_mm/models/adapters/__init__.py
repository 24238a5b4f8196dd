from .adagan import AdaGAN
from .base import PoseAdapter
from .direct import DirectTransfer
from .freezed import FreezeD
from .lora import LoRAAdapter
from .nonlinear import NonlinearAdapter
from .style_map import StyleMapAdapter
from .tau import FlexPose
from .terms import KeypointTerm, PerceptualTerm

__all__ = [
    'AdaGAN', 'DirectTransfer', 'FlexPose', 'FreezeD', 'KeypointTerm',
    'LoRAAdapter',
    'NonlinearAdapter', 'PerceptualTerm', 'PoseAdapter', 'StyleMapAdapter'
]
