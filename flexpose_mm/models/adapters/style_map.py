"""Methods that learn a map of the style codes, in the place of tau."""
import copy
from typing import Sequence, Union

import torch
from mmpose.registry import MODELS
from torch import nn

from flexpose_mm.errors import UserError
from flexpose_mm.models.generators.style_transfer_map import (StyleBlock,
                                                              StyleTransferMap,
                                                              resolve_layers)
from .base import PoseAdapter


class StyleMapAdapter(PoseAdapter):
    """Learns one block for each named layer; everything else is frozen.

    The subclass says which block (:meth:`build_block`). Linear blocks fold
    into the generator by ``generator.merge_tau()``.

    Args:
        tau_layers (Sequence[int] | 'all'): 1-based AdaIN layers.
        **kwargs: See ``PoseAdapter``.
    """

    def __init__(self,
                 *args,
                 tau_layers: Union[str, Sequence[int]] = 'all',
                 **kwargs):
        self.tau_layers = tau_layers
        super().__init__(*args, **kwargs)
        self.notes['tau_layers'] = [int(k) for k in self.generator.tau.blocks]

    def build_block(self, width: int) -> StyleBlock:
        """The block of a layer whose style code has ``width`` numbers."""
        raise NotImplementedError

    def build_generator(self, cfg: dict) -> nn.Module:
        """g_t with new blocks, whose random numbers are the model's seed's."""
        generator = MODELS.build(cfg)
        where = type(self).__name__
        layers = resolve_layers(self.tau_layers, generator.num_latents, where)
        if not layers:
            raise UserError(where, 'tau_layers', self.tau_layers,
                            'name at least one layer, else nothing learns')
        widths = {layer: generator.style_width(layer) for layer in layers}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            generator.tau = StyleTransferMap(widths, self.build_block)
        return generator

    def build_trainable(self) -> None:
        self.generator.tau.requires_grad_(True)

    def source_generator(self) -> nn.Module:
        """nn.Module: g_s, a copy with the map taken away."""
        source = copy.deepcopy(self.generator)
        source.tau = StyleTransferMap({})
        return source
