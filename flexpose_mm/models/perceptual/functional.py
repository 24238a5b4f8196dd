"""The perceptual loss (FlexPose, eq. 5)."""
from typing import Sequence

import torch
from mmengine.dist import all_reduce
from torch import Tensor


def perceptual_loss(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """|Gamma(x^) - Gamma(x)|^2, each layer in units of its own energy.

    The paper's sum over elements differs by a factor only, which Adam
    ignores; dividing by the target's mean square keeps one layer from
    drowning the others (fact sheet, section 5). The mean square is that of
    the batches of all processes, so n of them equal one of n times the batch.

    Args:
        fake (Sequence[Tensor]): Gamma(g_t(z)) for each layer, (N, C, H, W).
        real (Sequence[Tensor]): Gamma(alpha(y)), same shapes.

    Returns:
        Tensor: Scalar float32, mean over layers.
    """
    errors, energies = [], []
    for x, y in zip(fake, real):
        x, y = x.float(), y.float()
        errors.append((x - y).square().mean())
        energies.append(y.square().mean())
    energy = torch.stack(energies).detach()
    all_reduce(energy, 'mean')
    return (torch.stack(errors) / (energy + 1e-8)).mean()
