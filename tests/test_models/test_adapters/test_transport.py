"""Gaussian transport of source poses: moments, optimality, shrinkage."""
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.models.adapters.transport import (gaussian_transport,
                                                   shrunk_covariance,
                                                   transport_poses)


def samples(n, d, seed):
    rng = torch.Generator().manual_seed(seed)
    mix = torch.eye(d, dtype=torch.float64) + 0.2 * torch.randn(
        d, d, generator=rng, dtype=torch.float64)
    shift = torch.randn(d, generator=rng, dtype=torch.float64)
    return torch.randn(n, d, generator=rng, dtype=torch.float64) @ mix + shift


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(0, 1000))
def test_the_map_gives_the_target_its_moments(d, seed):
    x, y = samples(50, d, seed), samples(40, d, seed + 1)
    cov_x, cov_y = (s.T.cov().reshape(d, d) for s in (x, y))
    matrix, shift = gaussian_transport(x.mean(0), cov_x, y.mean(0), cov_y)
    moved = x @ matrix + shift
    torch.testing.assert_close(moved.mean(0), y.mean(0))
    torch.testing.assert_close(
        moved.T.cov().reshape(d, d), cov_y, rtol=1e-4, atol=1e-4)
    # symmetric and positive: the gradient of a convex function, so optimal
    torch.testing.assert_close(matrix, matrix.T, rtol=1e-6, atol=1e-8)
    assert torch.linalg.eigvalsh(matrix).min() > 0


def test_one_dimension_by_hand():
    one = torch.ones(1, dtype=torch.float64)
    matrix, shift = gaussian_transport(2 * one, 4 * one[None], 5 * one,
                                       9 * one[None])
    assert matrix.item() == pytest.approx(1.5)
    assert shift.item() == pytest.approx(2.)


def test_shrinkage_follows_the_number_of_samples():
    true = samples(20000, 8, 0)
    cov = true.T.cov()
    for n, weight in ((2, .5), (3, .5), (8, .5), (24, .25), (7992, .001)):
        gaps = []
        for i in range(20 if n < 30 else 1):
            part = true[n * i:n * (i + 1)]
            found, got = shrunk_covariance(part, cov)
            assert got == pytest.approx(weight)
            own = part.T.cov()
            torch.testing.assert_close(found, own + weight * (cov - own))
            gaps.append([(found - cov).norm(), (own - cov).norm()])
        ours, own = torch.tensor(gaps).mean(0)
        assert ours < own


def test_one_shot_moves_the_mean_only():
    source = samples(100, 6, 3).reshape(100, 3, 2)
    moved, weight = transport_poses(source, torch.ones(1, 3, 2))
    assert weight == 1
    torch.testing.assert_close(moved - moved.mean(0),
                               source - source.mean(0))
    torch.testing.assert_close(moved.mean(0), torch.ones(3, 2).double())


def test_too_few_codes_are_refused():
    with pytest.raises(UserError, match='pool_size=6'):
        transport_poses(torch.randn(6, 3, 2), torch.randn(4, 3, 2))


def test_pairing_transport_trains_and_repeats():
    """Targets are the source's own poses, moved; equal seeds, equal codes."""

    def prepared(seed):
        torch.manual_seed(0)
        model = tiny.build(
            tiny.adapter(
                pairing='transport',
                pool_size=64,
                seed=seed,
                regressor=tiny.regressor()))
        data = DATASETS.build(tiny.mixup())
        model.prepare(data)
        return model, data

    (a, data), (b, _), (c, _) = prepared(0), prepared(0), prepared(1)
    assert torch.equal(a.anchors, b.anchors)
    assert torch.equal(a.targets[0], b.targets[0])
    assert not torch.equal(a.anchors, c.anchors)
    assert a.anchors.shape == (len(data), tiny.STYLE)
    width = a.targets[0].amax(1) - a.targets[0].amin(1)
    torch.testing.assert_close(  # on the canvas, by the boxes' rule
        width.amax(1), torch.full((len(data), ), 1.6), rtol=1e-3, atol=1e-3)
    samples = [data[i]['data_samples'] for i in (0, 3)]
    assert torch.equal(a.training_codes(samples), a.anchors[[0, 3]])
    loss = a(None, samples, mode='loss')['loss_perceptual']
    loss.backward()
    assert all(p.grad is not None for p in a.parameters() if p.requires_grad)


def test_beta_is_needed():
    with pytest.raises(UserError, match="pairing='transport'"):
        tiny.build(tiny.adapter(pairing='transport'))
