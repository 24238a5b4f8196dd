"""FlexPose: transfer by tau alone (sec. 3.3, eq. 4 to 7)."""
import copy
from typing import Sequence, Union

from mmpose.registry import MODELS
from torch import nn

from flexpose_mm.models.generators.style_transfer_map import StyleTransferMap
from .base import PoseAdapter


@MODELS.register_module()
class FlexPose(PoseAdapter):
    """Learns U_l of the named layers; everything else is frozen.

    Linear (no nonlinearity, no bias), sparse (few layers), with Pose-mixup
    from ``PoseMixupDataset``.

    Args:
        tau_layers (Sequence[int] | 'all'): 1-based AdaIN layers; the paper's
            experiments use 3, the first style at 8x8.
        **kwargs: See ``PoseAdapter``.
    """

    def __init__(self,
                 *args,
                 tau_layers: Union[str, Sequence[int]] = (3, ),
                 **kwargs):
        self.tau_layers = tau_layers
        super().__init__(*args, **kwargs)
        self.notes['tau_layers'] = [int(k) for k in self.generator.tau.blocks]

    def build_generator(self, cfg: dict) -> nn.Module:
        return MODELS.build(dict(cfg, tau_layers=self.tau_layers))

    def build_trainable(self) -> None:
        self.generator.tau.requires_grad_(True)

    def source_generator(self) -> nn.Module:
        """nn.Module: g_s, a copy with tau taken away."""
        source = copy.deepcopy(self.generator)
        source.tau = StyleTransferMap({})
        return source
