"""The baseline: no adaptation at all."""
from typing import Dict

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from .base import PoseAdapter


@MODELS.register_module()
class DirectTransfer(PoseAdapter):
    """g_t = g_s ("Baseline", "Direct" in the papers).

    Goes through the same tools: a training step computes and logs the loss
    of the source prior, and leaves every weight and the optimiser alone.
    """

    def build_trainable(self) -> None:
        """Nothing learns."""

    def source_generator(self) -> nn.Module:
        return self.generator

    @torch.no_grad()
    def train_step(self, data: dict, optim_wrapper) -> Dict[str, Tensor]:
        """The loss of a batch of T*, for the log."""
        losses = self(None, data['data_samples'], mode='loss')
        return self.parse_losses(losses)[1]
