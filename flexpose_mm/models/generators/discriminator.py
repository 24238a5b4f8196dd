"""StyleGAN v1 discriminator in mmgeneration's format."""
from typing import Dict, Optional

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.errors import UserError
from .equalized import Blur, ConvLayer, LinearLayer
from .stylegan_v1 import check_size


def minibatch_stddev(x: Tensor, group_size: int, eps: float = 1e-8) -> Tensor:
    """Append one channel: the mean standard deviation within each group.

    Args:
        x (Tensor): (N, C, H, W); N is at most ``group_size`` or divisible
            by it.

    Returns:
        Tensor: (N, C + 1, H, W).
    """
    n, c, h, w = x.shape
    group = min(n, group_size)
    if n % group:
        raise UserError('StyleGANv1Discriminator', 'batch size', n,
                        f'make it a multiple of group_size={group_size}')
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    std = wide.reshape(group, -1, c, h, w)
    std = std.var(0, correction=0).add(eps).sqrt().mean((1, 2, 3))
    std = std.to(x.dtype).reshape(-1, 1, 1, 1).repeat(group, 1, h, w)
    return torch.cat([x, std], 1)


@MODELS.register_module()
class StyleGANv1Discriminator(BaseModule):
    """Discriminator of StyleGAN v1 (mmgeneration's keys).

    Args:
        in_size (int): Image side, a power of two.
        mbstd_cfg (dict, optional): ``group_size`` of the minibatch standard
            deviation; None leaves that layer without statistics.
        channels (dict[int, int], optional): Channels by resolution.

    Shape:
        (N, 3, S, S) -> (N, 1)
    """

    def __init__(self,
                 in_size: int,
                 mbstd_cfg: Optional[dict] = dict(group_size=4),
                 channels: Optional[Dict[int, int]] = None,
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        table = check_size('StyleGANv1Discriminator', 'in_size', in_size,
                           channels)
        self.in_size = in_size
        self.group_size = mbstd_cfg['group_size'] if mbstd_cfg else 0
        widths = [table[s] for s in sorted(table, reverse=True)]
        pairs = list(zip(widths[:-1], widths[1:]))
        top = widths[-1]
        self.from_rgb = nn.ModuleList(
            ConvLayer(3, c, 3, 1, True) for c, _ in pairs)
        self.from_rgb.append(ConvLayer(3, top, 3, 0, True))
        self.convs = nn.ModuleList(
            nn.Sequential(
                ConvLayer(c, n, 3, 1, True), Blur(),
                ConvLayer(n, n, 3, 1, pool=True), nn.LeakyReLU(0.2))
            for c, n in pairs)
        self.convs.append(
            nn.Sequential(
                ConvLayer(top + bool(self.group_size), top, 3, 1, True),
                ConvLayer(top, top, 4)))
        self.final_linear = nn.Sequential(LinearLayer(top, 1))

    def forward(self,
                x: Tensor,
                transition_weight: float = 1.,
                curr_scale: int = -1) -> Tensor:
        """Score images (N, 3, S, S) of ``curr_scale`` (-1: the full size)."""
        first = 0 if curr_scale < 0 else \
            (self.in_size // curr_scale).bit_length() - 1
        image, x = x, self.from_rgb[first](x)
        for i, conv in enumerate(self.convs[first:-1], first):
            x = conv(x)
            if i == first and transition_weight < 1:
                coarse = self.from_rgb[i + 1](F.avg_pool2d(image, 2))
                x = (1 - transition_weight) * coarse + transition_weight * x
        if self.group_size:
            x = minibatch_stddev(x, self.group_size)
        return self.final_linear(self.convs[-1](x).flatten(1))
