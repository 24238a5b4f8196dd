import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from flexpose_mm import UserError
from flexpose_mm.evaluation import (kernel_means, median_gamma, mmd2_subsets,
                                    mmd2_unbiased)


def poses(n, seed, shift=0., scale=.3, joints=15):
    rng = np.random.default_rng(seed)
    return rng.normal(shift, scale, (n, joints, 2)).astype(np.float32)


def brute(x, y, gamma, biased=False):
    x, y = (v.reshape(len(v), -1).astype(np.float64) for v in (x, y))

    def mean(a, b, same):
        k = np.exp(-gamma * cdist(a, b, 'sqeuclidean'))
        if same and not biased:
            return (k.sum() - np.trace(k)) / len(a) / (len(a) - 1)
        return k.mean()

    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)


@pytest.mark.parametrize('gamma', [1 / 30, .2, 1.])
@pytest.mark.parametrize('offset', [0, 5])
def test_equals_float64_brute_force(gamma, offset):
    x, y = poses(1500, 0) + offset, poses(1130, 1, .03, .35) + offset
    assert mmd2_unbiased(x, y, gamma) == pytest.approx(
        brute(x, y, gamma), abs=5e-8)


@pytest.mark.parametrize('block', [1, 7, 64, 4096])
def test_the_tile_does_not_matter(block):
    x, y = poses(65, 0), poses(50, 1, .1)
    assert mmd2_unbiased(x, y, .5, block) == pytest.approx(
        brute(x, y, .5), abs=1e-7)


def test_several_gammas_share_one_pass():
    x, y = poses(90, 0), poses(70, 1)
    gammas = (.03, .5, .1)
    for other in (None, y):
        both = kernel_means(x, other, gammas)
        one = [kernel_means(x, other, (g, ))[0] for g in gammas]
        assert both == pytest.approx(one, abs=1e-7)


def test_biased_minus_unbiased_is_about_two_over_n():
    """Up to the factor 1 - mean kernel, as the fact sheet's 0.003."""
    x, y, gamma = poses(400, 0), poses(400, 1), 1.
    gap = brute(x, y, gamma, True) - mmd2_unbiased(x, y, gamma)
    assert gap == pytest.approx(2 / 400, rel=.05)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 40),
       m=st.integers(2, 40))  # yapf: disable
def test_symmetric_and_blind_to_order(seed, n, m):
    x, y = poses(n, seed, joints=3), poses(m, seed + 1, .2, joints=3)
    rng = np.random.default_rng(seed)
    value = mmd2_unbiased(x, y)
    assert mmd2_unbiased(y, x) == pytest.approx(value, abs=1e-6)
    again = mmd2_unbiased(rng.permutation(x), rng.permutation(y))
    assert again == pytest.approx(value, abs=1e-6)


def test_wide_kernel_measures_the_shift_and_misses_collapse():
    """Fact sheet, section 8: 2 gamma |shift|^2, and the collapse row."""
    y = poses(2000, 0, scale=.12)
    shift = mmd2_unbiased(poses(2000, 1, scale=.12) + .1, y)
    assert shift == pytest.approx(2 / 30 * .3, rel=.1)
    mean = np.repeat(y.mean(0, keepdims=True), 2000, axis=0)
    assert abs(mmd2_unbiased(mean, y)) < .002
    assert mmd2_unbiased(mean, y, median_gamma(y)) > .1


def test_median_gamma_is_of_the_target():
    y = poses(300, 0)
    expected = 1 / np.median(pdist(y.reshape(300, -1), 'sqeuclidean'))
    assert median_gamma(y) == pytest.approx(expected, rel=1e-3)
    assert median_gamma(y, max_samples=100, seed=1) == median_gamma(
        torch.from_numpy(y), max_samples=100, seed=1)


def test_subsets_agree_with_the_whole():
    x, y = poses(3000, 0), poses(3000, 1, .05)
    mean, std = mmd2_subsets(x, y, size=600, seed=3)
    assert std > 0
    assert mean == pytest.approx(mmd2_unbiased(x, y), abs=4 * std)
    assert (mean, std) == mmd2_subsets(x, y, size=600, seed=3)


@pytest.mark.parametrize('call', [
    lambda: mmd2_unbiased(poses(1, 0), poses(9, 0)),
    lambda: mmd2_unbiased(poses(9, 0), poses(9, 0, joints=14)),
    lambda: mmd2_unbiased(poses(9, 0), poses(9, 0) * np.nan),
    lambda: mmd2_unbiased(poses(9, 0), poses(9, 0), gamma=0),
    lambda: mmd2_unbiased(poses(9, 0), poses(9, 0), gamma=float('nan')),
    lambda: median_gamma(np.ones((9, 2))),
])
def test_bad_input_is_one_sentence(call):
    with pytest.raises(UserError):
        call()
