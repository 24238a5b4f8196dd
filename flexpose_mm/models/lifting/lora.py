"""Low-rank adaptation (Hu et al. 2022) of a denoiser's layers."""
from typing import Dict, Sequence

import torch
from torch import Tensor, nn

from flexpose_mm.errors import UserError


class LowRankLayer(nn.Module):
    """A frozen layer W and its update: y = W x + B A x.

    A is N(0, 1/r^2), B is zero, so the first output is W x. There is no
    further scale: alpha equals the rank.

    Args:
        layer (nn.Module): ``nn.Linear`` or ``nn.Conv1d``; kept as ``linear``
            or ``conv``.
        rank (int): r.
    """

    def __init__(self, layer: nn.Module, rank: int):
        super().__init__()
        self.inner = 'linear' if isinstance(layer, nn.Linear) else 'conv'
        setattr(self, self.inner, layer.requires_grad_(False))
        if self.inner == 'linear':
            down = nn.Linear(layer.in_features, rank, bias=False)
            up = nn.Linear(rank, layer.out_features, bias=False)
        else:
            down = nn.Conv1d(
                layer.in_channels,
                rank,
                layer.kernel_size,
                dilation=layer.dilation,
                bias=False)
            up = nn.Conv1d(rank, layer.out_channels, 1, bias=False)
        nn.init.normal_(down.weight, std=1 / rank)
        nn.init.zeros_(up.weight)
        device, dtype = layer.weight.device, layer.weight.dtype
        self.lora_down = down.to(device, dtype)
        self.lora_up = up.to(device, dtype)
        self.register_load_state_dict_pre_hook(_take_plain_weights)

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self, self.inner)(x) + self.lora_up(self.lora_down(x))

    @torch.no_grad()
    def merged(self) -> nn.Module:
        """The plain layer W + B A; it is the wrapped one, changed."""
        layer = getattr(self, self.inner)
        up = self.lora_up.weight.flatten(1).double()
        update = up @ self.lora_down.weight.flatten(1).double()
        layer.weight.add_(update.view_as(layer.weight).to(layer.weight.dtype))
        return layer


def _take_plain_weights(module: LowRankLayer, state: Dict[str, Tensor],
                        prefix: str, *args) -> None:
    """Read the weights of a layer that was not wrapped when saved."""
    for name in ('weight', 'bias'):
        if prefix + name in state:
            state[f'{prefix}{module.inner}.{name}'] = state.pop(prefix + name)


def inject_lora(denoiser: nn.Module, rank: int) -> int:
    """Wrap the layers that the denoiser's ``lora_targets`` names.

    Args:
        denoiser (nn.Module): ``MixSTE`` (4 layers for each of its ``depth``
            pairs of blocks, 32 as published) or ``VideoPoseDenoiser``. Load
            its weights first.
        rank (int): r. MixSTE of the published size gets 49,152 r parameters.

    Returns:
        int: Number of layers.

    Raises:
        UserError: No layer is named, a named one is missing or of another
            kind, or the rank is out of range.
    """
    kind = type(denoiser).__name__
    if not isinstance(rank, int) or rank < 1:
        raise UserError('LoRA', 'rank', rank,
                        'give a whole number of at least 1')
    names: Sequence[str] = getattr(denoiser, 'lora_targets', tuple)()
    if not names:
        raise UserError(
            'LoRA', 'lora_targets()', (),
            f'{kind} names no layer to adapt; nothing would learn. Give it '
            'such a method, or train all weights with lora=None')
    modules = dict(denoiser.named_modules())
    for name in names:
        layer = modules.get(name)
        if not isinstance(layer, (nn.Linear, nn.Conv1d)):
            raise UserError(
                'LoRA', 'lora_targets()', name,
                f'{kind} has {type(layer).__name__} there; name nn.Linear or '
                'nn.Conv1d layers, and inject once only')
        parent, _, child = name.rpartition('.')
        parent = modules[parent]
        setattr(parent, child, LowRankLayer(layer, rank))
    return len(names)


def merge_lora(module: nn.Module) -> int:
    """Put the updates into the weights and remove the wrappers.

    Returns:
        int: Number of layers merged; the state dict is a plain one again.
    """
    found = [(parent, name, child) for parent in module.modules()
             for name, child in parent.named_children()
             if isinstance(child, LowRankLayer)]
    for parent, name, child in found:
        setattr(parent, name, child.merged())
    return len(found)
