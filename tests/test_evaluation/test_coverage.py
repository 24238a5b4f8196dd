import numpy as np
import pytest
from scipy.spatial.distance import cdist

from flexpose_mm import UserError
from flexpose_mm.evaluation import (coverage_density, knn_radii,
                                    nearest_distances)
from flexpose_mm.evaluation.functional import coverage


def poses(n, seed, shift=0.):
    return np.random.default_rng(seed).normal(shift, .3, (n, 4, 2))


def test_equals_brute_force(monkeypatch):
    monkeypatch.setattr(coverage, 'BLOCK', 17)
    x, y, k = poses(90, 0, .1), poses(60, 1), 3
    flat_x, flat_y = x.reshape(90, -1), y.reshape(60, -1)
    radii = np.sort(cdist(flat_y, flat_y), axis=1)[:, k]
    np.testing.assert_allclose(knn_radii(y, k).sqrt(), radii)
    dist = cdist(flat_x, flat_y)
    out = coverage_density(x, y, k)
    assert out['coverage'] == (dist < radii).any(0).mean()
    assert out['density'] == pytest.approx((dist < radii).sum() / (k * 90))
    np.testing.assert_allclose(
        nearest_distances(x, y), dist.min(1) / np.sqrt(8))


def test_equal_sets_copies_and_strangers():
    y = poses(1000, 0)
    same = coverage_density(poses(1000, 1), y)
    assert same['coverage'] > .9
    assert same['density'] == pytest.approx(1, abs=.1)
    copies = coverage_density(np.tile(y[:12], (80, 1, 1)), y)
    assert copies['coverage'] < .2
    assert coverage_density(poses(1000, 1, 9.), y) == dict(
        coverage=0, density=0)


def test_subsampling_is_seeded():
    x, y = poses(500, 0), poses(500, 1)
    first = coverage_density(x, y, max_samples=100, seed=4)
    assert first == coverage_density(x, y, max_samples=100, seed=4)
    assert first != coverage_density(x, y, max_samples=100, seed=5)


@pytest.mark.parametrize('call', [
    lambda: coverage_density(poses(9, 0), poses(5, 0), k=5),
    lambda: coverage_density(poses(9, 0), poses(9, 0), k=0),
    lambda: coverage_density(poses(9, 0), poses(9, 0)[:, :3]),
    lambda: nearest_distances(poses(9, 0) * np.inf, poses(9, 0)),
])
def test_bad_input_is_one_sentence(call):
    with pytest.raises(UserError):
        call()
