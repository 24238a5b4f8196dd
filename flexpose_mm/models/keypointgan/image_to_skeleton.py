"""Phi (the official code's G_A): image to skeleton image."""
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from .layers import INIT, conv_block, upsample, widths


class Mix(nn.Conv2d):
    """Bare 1x1 convolution of ``cat([upsample(x), skip])``.

    It commutes with the upsampling, so that x is mixed at its own
    resolution and nothing is joined: half the time, the same but for
    rounding.

    Args:
        coarse (int): Channels of x.
        skip (int): Channels of the skip.
        out (int): Channels given out.
    """

    def __init__(self, coarse: int, skip: int, out: int):
        super().__init__(coarse + skip, out, 1, bias=False)
        self.coarse = coarse
        self.upsample = upsample()

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        mixed = self.upsample(F.conv2d(x, self.weight[:, :self.coarse]))
        return mixed + F.conv2d(skip, self.weight[:, self.coarse:])


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
            nn.Sequential(conv_block(w3, w3), conv_block(w3, w3)),
            nn.Sequential(
                Mix(w3, w2, w3), conv_block(w3, w2), conv_block(w2, w2)),
            nn.Sequential(
                Mix(w2, w1, w2), conv_block(w2, w1), conv_block(w1, w1)),
            nn.Sequential(
                Mix(w1, w0, w1), conv_block(w1, w0),
                nn.Conv2d(w0, out_channels, 3, padding=1))
        ])

    def forward(self, images: Tensor) -> Tensor:
        skips = []
        x = images
        for block in self.encoder:
            x = block(x)
            skips.append(x)
        x = self.decoder[0](skips.pop())
        for mix, *convs in self.decoder[1:]:
            x = mix(x, skips.pop())
            for conv in convs:
                x = conv(x)
        return x
