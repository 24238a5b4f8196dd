"""Phi (the official code's G_A): image to skeleton image."""
import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from .layers import INIT, conv_block, upsample, widths


@MODELS.register_module()
class ImageToSkeleton(BaseModule):
    """A U-Net of four resolutions without an output activation.

    Blocks hand on what they give out, and the decoder mixes it in by a bare
    1x1 convolution (KeypointGAN's ``skip_nips`` with batch normalization).

    Args:
        in_channels (int): Of the image.
        out_channels (int): Of the skeleton image: 3, or 1 as published.
        width (int): Channels at full resolution; 32 as published.
        init_cfg (dict, optional): MMEngine's initialization.

    Shape:
        (N, in_channels, S, S) -> (N, out_channels, S, S), S a multiple of 8
    """

    def __init__(self,
                 in_channels: int = 3,
                 out_channels: int = 3,
                 width: int = 32,
                 init_cfg=None):
        super().__init__(init_cfg or list(INIT))
        w0, w1, w2, w3 = widths(width)
        self.encoder = nn.ModuleList([
            nn.Sequential(conv_block(in_channels, w0, 7), conv_block(w0, w0)),
            nn.Sequential(conv_block(w0, w1, stride=2), conv_block(w1, w1)),
            nn.Sequential(conv_block(w1, w2, stride=2), conv_block(w2, w2)),
            nn.Sequential(
                conv_block(w2, w3, stride=2), conv_block(w3, w3),
                nn.Conv2d(w3, w3, 1, bias=False))
        ])
        self.decoder = nn.ModuleList([
            nn.Sequential(
                conv_block(w3, w3), conv_block(w3, w3), upsample()),
            self._up(w3 + w2, w3, w2),
            self._up(w2 + w1, w2, w1),
            nn.Sequential(
                nn.Conv2d(w1 + w0, w1, 1, bias=False), conv_block(w1, w0),
                nn.Conv2d(w0, out_channels, 3, padding=1))
        ])

    @staticmethod
    def _up(joined: int, mixed: int, out: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(joined, mixed, 1, bias=False), conv_block(mixed, out),
            conv_block(out, out), upsample())

    def forward(self, images: Tensor) -> Tensor:
        skips = []
        x = images
        for block in self.encoder:
            x = block(x)
            skips.append(x)
        x = self.decoder[0](skips.pop())
        for block in self.decoder[1:]:
            x = block(torch.cat([x, skips.pop()], 1))
        return x
