"""KeypointGAN's losses (fact sheet: LSGAN, normalized perceptual loss)."""
from typing import Sequence, Union

import torch
from mmengine.dist import all_reduce
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

MOMENTUM = 0.99


def lsgan_loss(scores: Sequence[Tensor], target: float) -> Tensor:
    """Mean over patches of (D(y) - target)^2, then mean over scales.

    Args:
        scores (Sequence[Tensor]): One map for each scale.
        target (float): 1 for real, 0 for fake.

    Returns:
        Tensor: scalar float32.
    """
    return torch.stack([(s.float() - target).square().mean()
                        for s in scores]).mean()


class _MeanSquare(torch.autograd.Function):
    """Mean squared difference in float32, in few sweeps over the maps.

    By autograd's own the whole perceptual loss takes 40 % more CPU time.
    Once differentiable, in the first map.
    """

    @staticmethod
    def forward(ctx, a, b):
        difference = a.to(torch.float32, copy=True).sub_(b)
        ctx.save_for_backward(difference)
        ctx.dtype = a.dtype
        norm = torch.linalg.vector_norm(difference)
        return norm.square() / difference.numel()

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        difference, = ctx.saved_tensors
        slope = grad * (2 / difference.numel())
        return (difference * slope).to(ctx.dtype), None


def feature_errors(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean squared difference of each layer: (L,) float32.

    Args:
        fake (Sequence[Tensor]): Maps that take a gradient.
        real (Sequence[Tensor]): Maps that take none.
    """
    return torch.stack([_MeanSquare.apply(a, b) for a, b in zip(fake, real)])


class NormalizedPerceptualLoss(nn.Module):
    """Mean over layers of the error, each in units of its running mean.

    So its value stays near 1 whatever the quality, and its curve says
    nothing; ``raw`` says something. The running means are those of all
    processes' batches and part of the checkpoint.

    Args:
        gamma (dict | nn.Module): Feature extractor such as
            ``PlainVGGFeatures``: (N, 3, S, S) -> list of L maps.
    """

    def __init__(self, gamma: Union[dict, nn.Module]):
        super().__init__()
        if isinstance(gamma, dict):
            gamma = MODELS.build(gamma)
        self.gamma = gamma.requires_grad_(False)
        self.register_buffer('means', torch.zeros(gamma.num_layers))

    def update(self, errors: Tensor) -> Tensor:
        """Take in a batch's errors (L,); the means with them, (L,)."""
        errors = errors.detach().clone()
        all_reduce(errors, 'mean')
        started = bool((self.means > 0).any())
        mixed = MOMENTUM * self.means + (1 - MOMENTUM) * errors
        self.means.copy_(mixed if started else errors)
        return self.means

    def forward(self, fake: Tensor, real: Tensor) -> dict:
        """Compare images (N, 3, S, S) in about [-1, 1].

        Returns:
            dict: ``normalized``, the loss (scalar, with graph), and ``raw``,
            the error of the first layer alone (scalar, detached).
        """
        with torch.no_grad():
            target = self.gamma(real)
        errors = feature_errors(self.gamma(fake), target)
        means = self.update(errors).clone()
        return dict(
            normalized=(errors / (means + 1e-8)).mean(),
            raw=errors[0].detach())
