"""Psi (the official code's G_B): skeleton and second view to image."""
import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from .layers import INIT, ConvEncoder, conv_block, upsample, widths


@MODELS.register_module()
class ConditionalDecoder(BaseModule):
    """Draws a person in the pose of a skeleton image.

    Looks come from another view of the same person, so that the skeleton
    has to say the pose and nothing else. No output activation.

    Args:
        skeleton_channels (int): Of the skeleton image: 3, or 1 as published.
        image_channels (int): Of both images.
        width (int): Channels at full resolution; 32 as published.
        init_cfg (dict, optional): MMEngine's initialization.

    Shape:
        (N, skeleton_channels, S, S), (N, image_channels, S, S) ->
        (N, image_channels, S, S), S a multiple of 8
    """

    def __init__(self,
                 skeleton_channels: int = 3,
                 image_channels: int = 3,
                 width: int = 32,
                 init_cfg=None):
        super().__init__(init_cfg or list(INIT))
        w0, w1, w2, w3 = widths(width)
        self.pose = ConvEncoder(skeleton_channels, w3, width)
        self.looks = ConvEncoder(image_channels, w3, width)
        self.net = nn.Sequential(
            conv_block(2 * w3, w3), conv_block(w3, w3), upsample(),
            conv_block(w3, w2), conv_block(w2, w2), upsample(),
            conv_block(w2, w1), conv_block(w1, w1), upsample(),
            conv_block(w1, w0), nn.Conv2d(w0, image_channels, 3, padding=1))

    def forward(self, skeletons: Tensor, condition: Tensor) -> Tensor:
        joined = torch.cat([self.pose(skeletons), self.looks(condition)], 1)
        return self.net(joined)
