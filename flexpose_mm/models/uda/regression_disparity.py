"""RegDA's adversarial term (Jiang et al., CVPR 2021).

The published code (Transfer-Learning-Library) is the reference for what the
paper leaves open.
"""
import math

import torch
from torch import Tensor

from flexpose_mm.errors import UserError
from .heatmaps import argmax_cells, gaussian_maps, joints_kl

EPS = 1e-7
WARM_START_LIMIT, WARM_START_STEPS = .1, 1000


def warm_start_coefficient(iteration: int,
                           steps: float = WARM_START_STEPS) -> float:
    """c(i) = 2 h / (1 + exp(-i / steps)) - h, h = 0.1: from 0 to 0.1."""
    h = WARM_START_LIMIT
    return 2 * h / (1 + math.exp(-iteration / steps)) - h


class _ScaleGradient(torch.autograd.Function):

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return ctx.factor * grad, None


def warm_start(x: Tensor, iteration: int,
               steps: float = WARM_START_STEPS) -> Tensor:
    """x itself, whose gradient is multiplied by c(i); no sign changes."""
    return _ScaleGradient.apply(x, warm_start_coefficient(iteration, steps))


def other_joints(maps: Tensor) -> Tensor:
    """The ground false of each joint: where the other joints are.

    Args:
        maps (Tensor): (B, K, h, w) in [0, 1].

    Returns:
        Tensor: Sum over the other joints, at most 1.
    """
    return (maps.sum(1, keepdim=True) - maps).clamp(0, 1)


def regression_disparity(main: Tensor, adversary: Tensor, weight: Tensor,
                         mode: str, sigma: float = 2.) -> Tensor:
    """KL of the adversary to what the main head says, or to its opposite.

    Args:
        main (Tensor): (B, K, h, w) of the main head; gets no gradient.
        adversary (Tensor): (B, K, h, w) of the adversarial head.
        weight (Tensor): (B, K).
        mode (str): 'min': towards the Gaussians at the main head's maxima;
            'max': towards those of the other joints.
        sigma (float): In cells.

    Returns:
        Tensor: Scalar in nats.
    """
    if mode not in ('min', 'max'):
        raise UserError('regression_disparity', 'mode', mode,
                        "give 'min' or 'max'")
    truth = gaussian_maps(
        argmax_cells(main.detach()), main.shape[-2:], sigma)
    target = truth if mode == 'min' else other_joints(truth)
    return joints_kl(adversary, target, weight, EPS)
