"""Losses by hand, and the history of fakes."""
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from flexpose_mm.models.keypointgan import (ImagePool,
                                            NormalizedPerceptualLoss,
                                            feature_errors, lsgan_loss)


def test_lsgan_averages_patches_then_scales():
    coarse = torch.tensor([[[[3.]]]])
    fine = torch.tensor([[[[0., 2.], [1., 1.]]]])
    # (3-1)^2 = 4; mean of 1, 1, 0, 0 = 1/2; their mean 2.25
    assert float(lsgan_loss([coarse, fine], 1)) == 2.25
    # 9; mean of 0, 4, 1, 1 = 1.5
    assert float(lsgan_loss([coarse, fine], 0)) == 5.25


class TwoLayers(nn.Module):
    """The image, and ten times the image."""
    num_layers = 2

    def forward(self, images):
        return [images, 10 * images]


def constant(value):
    return torch.full((1, 3, 2, 2), float(value))


def test_perceptual_loss_is_in_units_of_its_running_means():
    loss = NormalizedPerceptualLoss(TwoLayers())
    first = loss(constant(1), constant(0))
    # errors 1 and 100, means the same
    assert float(first['normalized']) == pytest.approx(1)
    assert float(first['raw']) == 1
    second = loss(constant(2), constant(0))
    # errors 4 and 400; means 0.99 + 0.04 = 1.03 and 103
    assert float(second['normalized']) == pytest.approx(4 / 1.03, rel=1e-6)
    assert loss.means.tolist() == pytest.approx([1.03, 103])


def test_running_means_are_saved_and_carry_no_gradient():
    loss = NormalizedPerceptualLoss(TwoLayers())
    fake = constant(1).requires_grad_()
    loss(fake, constant(0))['normalized'].backward()
    # d/dx mean of x^2/12/1 and 100 x^2/12/100, averaged: x/6
    assert torch.allclose(fake.grad, torch.full_like(fake, 1 / 6))
    other = NormalizedPerceptualLoss(TwoLayers())
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.means, loss.means) and not \
        other.means.requires_grad


def test_feature_errors():
    a, b = constant(3), constant(1)
    assert feature_errors([a, b], [b, b]).tolist() == [4, 0]


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_feature_errors_have_autograds_gradient(dtype):
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randn(2, 3, 5, 4, generator=rng).to(dtype)
            for _ in range(2))
    a.requires_grad_()
    own, = torch.autograd.grad(3 * feature_errors([a], [b]).sum(), a)
    wanted, = torch.autograd.grad(
        3 * (a.float() - b.float()).square().mean(), a)
    assert own.dtype == dtype
    assert torch.allclose(own, wanted, rtol=1e-2, atol=1e-7)


def numbered(first, n):
    """n images of one pixel that hold their number."""
    return torch.arange(first, first + n).float().view(n, 1, 1, 1)


def test_pool_fills_then_swaps_half():
    pool = ImagePool(50, (1, 1, 1))
    for i in range(5):  # while it fills, everything comes back
        batch = numbered(10 * i, 10)
        assert torch.equal(pool.query(batch, i), batch)
    swapped = 0
    for i in range(5, 45):
        batch = numbered(10 * i, 10)
        out = pool.query(batch, i)
        old = out != batch
        assert bool((out[old] < 10 * i).all() | (out[old] < 10 * i + 10).all())
        swapped += int(old.sum())
    assert 140 < swapped < 260  # 200 expected, standard deviation 10


@settings(max_examples=10)
@given(st.integers(1, 7), st.integers(1, 5), st.integers(1, 12))
def test_pool_loses_and_doubles_nothing(size, batch, steps):
    pool, given_back = ImagePool(size, (1, 1, 1)), []
    for i in range(steps):
        given_back += pool.query(numbered(i * batch, batch),
                                 i).flatten().tolist()
    kept = pool.images[:int(pool.count)].flatten().tolist()
    assert len(given_back) == steps * batch
    assert len(set(kept)) == len(kept) == min(size, steps * batch)
    assert set(given_back) | set(kept) == set(range(steps * batch))


def test_pool_goes_on_from_a_checkpoint():
    pool, other = ImagePool(4, (1, 1, 1)), ImagePool(4, (1, 1, 1))
    for i in range(3):
        pool.query(numbered(3 * i, 3), i)
    other.load_state_dict(pool.state_dict())
    for i in range(3, 6):
        batch = numbered(3 * i, 3)
        assert torch.equal(pool.query(batch, i), other.query(batch, i))


def test_empty_pool_and_graph():
    batch = numbered(0, 3).requires_grad_()
    out = ImagePool(0, (1, 1, 1)).query(batch, 0)
    assert torch.equal(out, batch.detach()) and not out.requires_grad
