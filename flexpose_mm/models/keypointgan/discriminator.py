"""D: is this skeleton image drawn or made from a photograph?"""
from typing import List

import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from .layers import INIT


def patch_discriminator(in_channels: int, width: int) -> nn.Sequential:
    """pix2pix's 70 x 70 PatchGAN with instance normalization."""
    layers = [
        nn.Conv2d(in_channels, width, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True)
    ]
    for a, stride in ((width, 2), (2 * width, 2), (4 * width, 1)):
        layers += [
            nn.Conv2d(a, 2 * a, 4, stride, 1),
            nn.InstanceNorm2d(2 * a),
            nn.LeakyReLU(0.2, inplace=True)
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


@MODELS.register_module()
class MultiScalePatchDiscriminator(BaseModule):
    """PatchGANs with separate weights at scales 1, 1/2, 1/4, ...

    Args:
        in_channels (int): Of the skeleton image: 3, or 1 as published.
        width (int): Channels of the first layer; 64 as published.
        num_scales (int): 3 as published; images of 64 px leave room for 2.
        init_cfg (dict, optional): MMEngine's initialization.

    Shape:
        (N, in_channels, S, S) -> list of (N, 1, s, s), at 128 px with s of
        14, 6, 2
    """

    def __init__(self,
                 in_channels: int = 3,
                 width: int = 64,
                 num_scales: int = 3,
                 init_cfg=None):
        super().__init__(init_cfg or list(INIT))
        if num_scales < 1:
            raise UserError('MultiScalePatchDiscriminator', 'num_scales',
                            num_scales, 'give at least 1')
        self.nets = nn.ModuleList(
            patch_discriminator(in_channels, width)
            for _ in range(num_scales))

    def check_size(self, size: int) -> None:
        """Refuse images that the coarsest scale cannot judge.

        Raises:
            UserError: Naming ``num_scales``.
        """
        if size >> (len(self.nets) - 1) < 24:
            raise UserError(
                'MultiScalePatchDiscriminator', 'num_scales', len(self.nets),
                f'the last scale of {size} px is below 24 px; use fewer '
                'scales or larger images')

    def forward(self, images: Tensor) -> List[Tensor]:
        scores = []
        for i, net in enumerate(self.nets):
            x = images if i == 0 else F.interpolate(
                images, scale_factor=0.5**i, mode='bilinear')
            scores.append(net(x))
        return scores
