"""tau: the block-diagonal linear map on style codes (FlexPose, eq. 4, 6)."""
from typing import Callable, Dict, Sequence, Tuple, Union

import torch
import torch.nn as nn
from torch import Tensor

from flexpose_mm.errors import UserError


def resolve_layers(layers: Union[str, Sequence[int]], num_layers: int,
                   where: str) -> tuple:
    """Check 1-based layer numbers; ``'all'`` names every layer.

    Args:
        layers (str | Sequence[int]): 1-based AdaIN layers, or ``'all'``.
        num_layers (int): L, the number of AdaIN layers.
        where (str): Class that is blamed for a mistake.

    Returns:
        tuple[int]: Sorted layer numbers.
    """
    if isinstance(layers, (str, int)):
        if layers != 'all':
            raise UserError(where, 'tau_layers', layers,
                            "give layer numbers such as (3,), or 'all'")
        return tuple(range(1, num_layers + 1))
    layers = tuple(layers)
    for layer in layers:
        if not isinstance(layer, int) or not 1 <= layer <= num_layers:
            raise UserError(
                where, 'tau_layers', layers,
                f'layers are whole numbers from 1 (first 4x4 AdaIN) to '
                f'{num_layers} at this output size')
    if len(set(layers)) != len(layers):
        raise UserError(where, 'tau_layers', layers, 'name each layer once')
    return tuple(sorted(layers))


class StyleBlock(nn.Module):
    """What acts on one layer's style code: (N, 2C) -> (N, 2C).

    A new block is the identity to the last bit.
    """

    def matrix(self) -> Tensor:
        """Tensor: U_l (2C, 2C) of a linear map."""
        raise UserError(
            type(self).__name__, 'merge_tau', None,
            'only a linear map folds into the affine; keep this one apart')

    def fold(self, weight: Tensor, bias: Tensor) -> Tuple[Tensor, Tensor]:
        """The affine layer (W, b) followed by this block, as one affine."""
        matrix = self.matrix()
        return matrix @ weight, matrix @ bias


class LinearBlock(StyleBlock):
    """U_l, one trained block of tau: ``s -> U s`` without bias.

    Args:
        width (int): 2 C_l, the width of the layer's style code.
    """

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.eye(width))

    def forward(self, style: Tensor) -> Tensor:
        # s + (U - I) s equals s to the last bit while U is the identity,
        # whatever the order in which a matrix product adds its terms, and
        # keeps full precision of s under bf16 autocast.
        eye = torch.eye(
            self.weight.shape[0],
            dtype=self.weight.dtype,
            device=self.weight.device)
        return style + style @ (self.weight - eye).t()

    def matrix(self) -> Tensor:
        """Tensor: U_l, (2C, 2C), for merging into the affine layer."""
        return self.weight


class StyleTransferMap(nn.Module):
    """tau = diag(I, .., U_l0, I, .., U_l1, .., I) on style codes.

    Keys are ``blocks.<l>.weight``; every layer not named is the identity and
    has no parameters (sparse regularisation, eq. 6).

    Args:
        widths (dict[int, int]): 2 C_l for each adapted 1-based layer l.
        block (Callable): Makes the ``StyleBlock`` of a width; the paper's
            U_l, or that of another method.

    Shape:
        ``forward(l, style (N, 2 C_l)) -> (N, 2 C_l)``
    """

    def __init__(self,
                 widths: Dict[int, int],
                 block: Callable[[int], StyleBlock] = LinearBlock):
        super().__init__()
        self.blocks = nn.ModuleDict(
            {str(layer): block(w)
             for layer, w in widths.items()})

    def forward(self, layer: int, style: Tensor) -> Tensor:
        key = str(layer)
        return self.blocks[key](style) if key in self.blocks else style
