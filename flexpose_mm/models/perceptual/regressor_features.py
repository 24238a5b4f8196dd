"""Gamma from beta's encoder: trained by this project, no download."""
from typing import List, Sequence, Union

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class RegressorFeatures(BaseModule):
    """Frozen activations of the skeleton regressor's stages.

    It has learned to tell where joints are, which is what reconstruction
    errors should be about (fact sheet, section 5, choice 3).

    Args:
        regressor (dict | nn.Module): Config of a trained
            ``SkeletonRegressor``.
        stages (Sequence[int]): Which of ``regressor.stages``; () is all.

    Shape:
        (N, 3, S, S) in [-1, 1] -> list of (N, C, H, W)
    """

    def __init__(self,
                 regressor: Union[dict, nn.Module],
                 stages: Sequence[int] = ()):
        super().__init__()
        if isinstance(regressor, dict):
            regressor = MODELS.build(regressor)
        self.net = regressor.requires_grad_(False).eval()
        self.taps = tuple(stages)
        self.name = 'encoder of beta'

    def init_weights(self) -> None:
        """Nothing: the regressor comes with its weights."""

    def train(self, mode: bool = True):
        """Frozen: always in evaluation mode."""
        return super().train(False)

    def forward(self, images: Tensor) -> List[Tensor]:
        maps = self.net.stages(images)
        return [maps[i] for i in self.taps] if self.taps else list(maps)
