"""FlexPose: transfer by tau alone (sec. 3.3, eq. 4 to 7)."""
from typing import Sequence, Union

from mmpose.registry import MODELS

from flexpose_mm.models.generators.style_transfer_map import LinearBlock
from .style_map import StyleMapAdapter


@MODELS.register_module()
class FlexPose(StyleMapAdapter):
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
        super().__init__(*args, tau_layers=tau_layers, **kwargs)

    def build_block(self, width: int) -> LinearBlock:
        return LinearBlock(width)
