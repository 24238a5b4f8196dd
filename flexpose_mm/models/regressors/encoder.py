"""The convolutional half of beta: skeleton image to feature maps."""
from typing import List, Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError


def conv_block(in_channels: int,
               out_channels: int,
               kernel: int = 3,
               stride: int = 1,
               norm: type = nn.BatchNorm2d) -> nn.Sequential:
    """Convolution, normalization, ReLU; zero padding keeps the grid.

    Instance normalization has no weights of its own here, so that its
    convolutions carry a bias.
    """
    return nn.Sequential(
        nn.Conv2d(
            in_channels,
            out_channels,
            kernel,
            stride,
            kernel // 2,
            bias=norm is not nn.BatchNorm2d), norm(out_channels),
        nn.ReLU(inplace=True))


@MODELS.register_module()
class SkeletonEncoder(BaseModule):
    """KeypointGAN's regressor network without its last 1x1 convolution.

    A 7x7 and a 3x3 convolution at full resolution, then per stage one 3x3
    convolution of stride 2 and one of stride 1, each followed by batch
    normalization and ReLU (Jakab et al., CVPR 2020; FlexPose's beta). With
    ``widths=(32, 64, 128, 256)`` it ends at R/8 as published.

    Args:
        widths (Sequence[int]): Channels of the stem and of each stage; R /
            2**(len - 1) is the resolution of the last map.
        in_channels (int): Channels of the skeleton image.
        channels_last (bool): Keep activations in NHWC memory order, which
            is what CPU bfloat16 convolutions are fast in.
        init_cfg (dict, optional): MMEngine's initialization.
    """

    def __init__(self,
                 widths: Sequence[int] = (32, 64, 128, 256),
                 in_channels: int = 3,
                 channels_last: bool = True,
                 init_cfg: Optional[dict] = None):
        super().__init__(
            init_cfg or [
                dict(type='Kaiming', layer='Conv2d', nonlinearity='relu'),
                dict(type='Constant', layer='BatchNorm2d', val=1)
            ])
        if len(widths) < 2 or min(widths) < 1:
            raise UserError('SkeletonEncoder', 'widths', tuple(widths),
                            'give at least two positive channel numbers')
        self.widths, self.channels_last = tuple(widths), channels_last
        self.stem = nn.Sequential(
            conv_block(in_channels, widths[0], 7, 1),
            conv_block(widths[0], widths[0], 3, 1))
        self.blocks = nn.ModuleList(
            nn.Sequential(conv_block(a, b, 3, 2), conv_block(b, b, 3, 1))
            for a, b in zip(widths, widths[1:]))
        if channels_last:
            self.to(memory_format=torch.channels_last)

    def stages(self, images: Tensor) -> List[Tensor]:
        """All feature maps, finest first.

        Args:
            images (Tensor): (N, C, S, S) in [-1, 1].

        Returns:
            list[Tensor]: (N, widths[i], S / 2**i, S / 2**i) each.
        """
        if self.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        maps = [self.stem(images)]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return maps

    def forward(self, images: Tensor) -> Tuple[Tensor]:
        """The last feature map, as the one-tuple MMPose's heads take."""
        return (self.stages(images)[-1], )
