"""The ablation "no linear" of FlexPose (Table 4, row 7)."""
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.models.generators.style_transfer_map import StyleBlock
from .style_map import StyleMapAdapter


class ResidualBlock(StyleBlock):
    """s + W2 LeakyReLU(W1 s), W1 He-normal, W2 from 0.

    Args:
        width (int): 2 C_l; the hidden layer is as wide.
    """

    def __init__(self, width: int):
        super().__init__()
        self.weight1 = nn.Parameter(torch.empty(width, width))
        self.weight2 = nn.Parameter(torch.zeros(width, width))
        nn.init.kaiming_normal_(self.weight1, a=0.2)

    def forward(self, style: Tensor) -> Tensor:
        hidden = F.leaky_relu(style @ self.weight1.t(), 0.2)
        return style + hidden @ self.weight2.t()


@MODELS.register_module()
class NonlinearAdapter(StyleMapAdapter):
    """A residual MLP in the place of each U_l.

    The paper does not say what "no linear" trains instead; this has twice
    the parameters of tau and starts from the identity like it. It does not
    merge into the generator.

    Args:
        **kwargs: See ``StyleMapAdapter``.
    """

    def build_block(self, width: int) -> ResidualBlock:
        return ResidualBlock(width)
