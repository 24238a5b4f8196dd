"""Blocks that KeypointGAN's networks share (Jakab et al., CVPR 2020)."""
from typing import Sequence

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..regressors.encoder import conv_block

#: N(0, 0.02) everywhere, as pix2pix; batch norm weights N(1, 0.02).
INIT = (dict(type='Normal', layer='Conv2d', std=0.02, bias=0),
        dict(type='Normal', layer='BatchNorm2d', mean=1, std=0.02, bias=0))


def upsample() -> nn.Module:
    """Twice the size, bilinear, pixel centres kept."""
    return nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False)


def widths(width: int) -> Sequence[int]:
    """Channels at full, half, quarter and eighth resolution."""
    return width, 2 * width, 4 * width, 8 * width


@MODELS.register_module()
class ConvEncoder(BaseModule):
    """Image to a feature map of an eighth of its side.

    The published code uses it as the regressor (``norm='IN'``, as many
    output channels as points) and twice in the decoder (``norm='BN'``).

    Args:
        in_channels (int): Of the image.
        out_channels (int): Of the map; the last layer is a bare 1x1
            convolution.
        width (int): Channels at full resolution, doubled at each halving;
            32 as published.
        norm (str): 'BN', or 'IN' (without weights or running statistics).
        init_cfg (dict, optional): MMEngine's initialization.

    Shape:
        (N, in_channels, S, S) -> (N, out_channels, S / 8, S / 8)
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 width: int = 32,
                 norm: str = 'BN',
                 init_cfg=None):
        super().__init__(init_cfg or list(INIT))
        norm = dict(BN=nn.BatchNorm2d, IN=nn.InstanceNorm2d)[norm]
        w = widths(width)
        layers = [
            conv_block(in_channels, w[0], 7, norm=norm),
            conv_block(w[0], w[0], norm=norm)
        ]
        for a, b in zip(w, w[1:]):
            layers += [
                conv_block(a, b, stride=2, norm=norm),
                conv_block(b, b, norm=norm)
            ]
        bias = norm is not nn.BatchNorm2d
        self.net = nn.Sequential(
            *layers, nn.Conv2d(w[-1], out_channels, 1, bias=bias))

    def forward(self, images: Tensor) -> Tensor:
        return self.net(images)
