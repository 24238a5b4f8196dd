"""Losses of the lifters beyond MMPose's."""
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class HalfSquaredLoss(nn.Module):
    """L^2 / 2 of another loss L.

    MixSTE, D3DP and PoSynDA's released code call backward with the loss as
    incoming gradient; their gradients are those of this loss, small near the
    end of training.

    Args:
        loss (dict): Config of L.
    """

    def __init__(self, loss: dict):
        super().__init__()
        self.loss = MODELS.build(loss)

    def forward(self, *args, **kwargs) -> Tensor:
        """As L's."""
        return self.loss(*args, **kwargs).square() / 2
