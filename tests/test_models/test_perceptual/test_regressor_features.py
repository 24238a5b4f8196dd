"""Gamma from beta, and the loss on features."""
import tiny
import torch

from flexpose_mm.models.perceptual import RegressorFeatures, perceptual_loss


def test_stages_of_beta():
    beta = tiny.build(tiny.regressor())
    x = torch.rand(2, 3, 16, 16)
    maps = RegressorFeatures(beta)(x)
    for found, expected in zip(maps, beta.eval().stages(x)):
        assert torch.equal(found, expected)
    last, = RegressorFeatures(beta, stages=(1, ))(x)
    assert torch.equal(last, maps[1])


def test_frozen_but_differentiable():
    gamma = RegressorFeatures(tiny.regressor()).train()
    x = torch.rand(2, 3, 16, 16, requires_grad=True)
    sum(m.square().mean() for m in gamma(x)).backward()
    assert x.grad.abs().sum() > 0
    assert not any(m.training for m in gamma.modules())
    assert all(not p.requires_grad for p in gamma.parameters())


def test_loss_by_hand():
    fake = [torch.full((1, 1, 2, 2), 3.), torch.zeros(1, 2, 1, 1)]
    real = [torch.full((1, 1, 2, 2), 2.), torch.full((1, 2, 1, 1), 5.)]
    assert torch.allclose(
        perceptual_loss(fake, real), torch.tensor((1 / 4 + 1.) / 2))
    assert perceptual_loss(real, real) == 0
    half = [f.bfloat16() for f in fake]
    assert perceptual_loss(half, real).dtype == torch.float32
