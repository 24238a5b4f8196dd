"""Losses of the source prior, by hand."""
import math

import torch

from flexpose_mm.models.gans.losses import (discriminator_loss,
                                            generator_loss, r1_penalty)
from flexpose_mm.models.gans.warm_start import pyramid_loss


def test_logistic_losses():
    zero, score = torch.zeros(4, 1), torch.tensor([[1.], [-2.]])
    assert math.isclose(generator_loss(zero), math.log(2), rel_tol=1e-6)
    assert math.isclose(discriminator_loss(zero, zero), 2 * math.log(2),
                        rel_tol=1e-6)
    expected = (math.log1p(math.exp(-1)) + math.log1p(math.exp(2))) / 2
    assert math.isclose(generator_loss(score), expected, rel_tol=1e-6)
    assert math.isclose(
        discriminator_loss(-score, zero),
        (math.log1p(math.exp(1)) + math.log1p(math.exp(-2))) / 2 +
        math.log(2), rel_tol=1e-6)


def test_logistic_losses_in_bfloat16_are_float32():
    score = torch.zeros(2, 1, dtype=torch.bfloat16)
    assert generator_loss(score).dtype == torch.float32


def test_r1_of_a_linear_score_is_its_squared_slope():
    slope = torch.randn(3, 4, 4)
    x = torch.randn(5, 3, 4, 4, requires_grad=True)
    penalty = r1_penalty((x * slope).sum((1, 2, 3)), x)
    assert torch.allclose(penalty, slope.square().sum())


def test_pyramid_loss_by_hand():
    fake, real = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    real[0, 0, 0, 0] = 4.  # squares: 16 of 16, 1 of 4, 1 / 16 of 1
    assert torch.allclose(
        pyramid_loss(fake, real), torch.tensor(1 + 1 / 4 + 1 / 16))
