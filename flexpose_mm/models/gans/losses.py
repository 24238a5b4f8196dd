"""Losses of the source prior (Karras et al. 2019; fact sheet, section 2)."""
import torch
import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake_scores: Tensor) -> Tensor:
    """Non-saturating logistic loss: mean softplus(-D(G(z)))."""
    return F.softplus(-fake_scores.float()).mean()


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """mean softplus(D(fake)) + mean softplus(-D(real))."""
    return (F.softplus(fake_scores.float()).mean() +
            F.softplus(-real_scores.float()).mean())


def r1_penalty(real_scores: Tensor, real_images: Tensor) -> Tensor:
    """Mean over images of ``|dD/dx|^2`` on real images (Mescheder 2018).

    Args:
        real_scores (Tensor): D(x), with a graph to ``real_images``.
        real_images (Tensor): x (N, 3, S, S), requiring gradients.

    Returns:
        Tensor: Scalar; StyleGAN multiplies it by gamma / 2 = 5.
    """
    grad, = torch.autograd.grad(
        real_scores.sum(), real_images, create_graph=True)
    return grad.square().sum((1, 2, 3)).mean()
