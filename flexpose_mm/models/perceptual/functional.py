"""The perceptual loss (FlexPose, eq. 5)."""
from typing import Sequence

import torch
from torch import Tensor


def perceptual_loss(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """|Gamma(x^) - Gamma(x)|^2, each layer in units of its own energy.

    The paper's sum over elements differs by a factor only, which Adam
    ignores; dividing by the target's mean square keeps one layer from
    drowning the others (fact sheet, section 5).

    Args:
        fake (Sequence[Tensor]): Gamma(g_t(z)) for each layer, (N, C, H, W).
        real (Sequence[Tensor]): Gamma(alpha(y)), same shapes.

    Returns:
        Tensor: Scalar float32, mean over layers.
    """
    terms = []
    for x, y in zip(fake, real):
        x, y = x.float(), y.float()
        terms.append((x - y).square().mean() / (y.square().mean() + 1e-8))
    return torch.stack(terms).mean()
