"""LoRA on the style codes (Hu et al. 2022), FlexPose's closest rival."""
from typing import Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from flexpose_mm.models.generators.style_transfer_map import StyleBlock
from .style_map import StyleMapAdapter


class LowRankBlock(StyleBlock):
    """U_l = I + (alpha / r) B_l A_l.

    B starts at 0, so B A s is 0 and s + 0 is s to the last bit. A is
    He-uniform.

    Args:
        width (int): 2 C_l, the width of the layer's style code.
        rank (int): r.
        alpha (float): Scale of the update.
    """

    def __init__(self, width: int, rank: int, alpha: float):
        super().__init__()
        self.lora_A = nn.Parameter(torch.empty(rank, width))
        self.lora_B = nn.Parameter(torch.zeros(width, rank))
        nn.init.kaiming_uniform_(self.lora_A)
        self.scale = alpha / rank

    def forward(self, style: Tensor) -> Tensor:
        update = style @ self.lora_A.t() @ self.lora_B.t()
        return style + self.scale * update

    def matrix(self) -> Tensor:
        eye = torch.eye(
            len(self.lora_B), dtype=self.lora_B.dtype,
            device=self.lora_B.device)
        return eye + self.scale * self.lora_B @ self.lora_A


@MODELS.register_module()
class LoRAAdapter(StyleMapAdapter):
    """A low-rank U_l for each layer, with the losses of FlexPose.

    Args:
        rank (int): r. 16 parameters for each number of a style code at 8.
        alpha (float, optional): None is ``rank``: no further scaling.
        **kwargs: See ``StyleMapAdapter``; all layers unless ``tau_layers``
            names some.
    """

    def __init__(self,
                 *args,
                 rank: int = 8,
                 alpha: Optional[float] = None,
                 **kwargs):
        if not isinstance(rank, int) or rank < 1:
            raise UserError('LoRAAdapter', 'rank', rank,
                            'give a whole number of at least 1')
        if alpha is not None and not alpha > 0:
            raise UserError('LoRAAdapter', 'alpha', alpha,
                            'give a number above 0, or None for rank')
        self.rank, self.alpha = rank, float(rank if alpha is None else alpha)
        super().__init__(*args, **kwargs)
        self.notes.update(rank=self.rank, alpha=self.alpha)

    def build_block(self, width: int) -> LowRankBlock:
        if self.rank > width:
            raise UserError(
                'LoRAAdapter', 'rank', self.rank,
                f'a style code of {width} numbers has no such rank; give at '
                f'most {width}, or take that layer out of tau_layers')
        return LowRankBlock(width, self.rank, self.alpha)
