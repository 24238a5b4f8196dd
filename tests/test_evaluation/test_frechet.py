import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm import UserError
from flexpose_mm.evaluation import GaussianMoments, frechet_distance


def spd(d, rank, seed):
    a = np.random.default_rng(seed).normal(size=(d, rank))
    return a @ a.T


def test_equal_covariance_leaves_the_shift():
    cov = spd(30, 30, 0)
    mu = np.full(30, .1)
    out = frechet_distance(mu, cov, np.zeros(30), cov)
    assert out.fd == pytest.approx(.3, abs=1e-10)
    assert out.mean == pytest.approx(.3, abs=1e-12)
    assert out.cov == pytest.approx(0, abs=1e-10)


def test_commuting_covariances_have_a_closed_form():
    a, b = np.linspace(0, 2, 12), np.linspace(3, .5, 12)
    out = frechet_distance(
        np.zeros(12), np.diag(a), np.zeros(12), np.diag(b))
    assert out.fd == pytest.approx(
        np.square(np.sqrt(a) - np.sqrt(b)).sum(), abs=1e-12)


def test_matches_scipy_sqrtm():
    from scipy.linalg import sqrtm
    s1, s2 = spd(8, 8, 1), spd(8, 8, 2)
    expected = np.trace(s1 + s2 - 2 * sqrtm(s1 @ s2).real)
    out = frechet_distance(np.zeros(8), s1, np.zeros(8), s2)
    assert out.cov == pytest.approx(expected, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(rank1=st.integers(0, 6), rank2=st.integers(0, 6),
       seed=st.integers(0, 999))  # yapf: disable
def test_singular_covariances_stay_symmetric_and_nonnegative(
        rank1, rank2, seed):
    s1, s2, mu = spd(6, rank1, seed), spd(6, rank2, seed + 1), np.zeros(6)
    out = frechet_distance(mu, s1, mu, s2).fd
    assert out >= 0
    back = frechet_distance(mu, s2, mu, s1).fd
    assert out == pytest.approx(back, abs=1e-9)
    assert frechet_distance(mu, s1, mu, s1).fd == pytest.approx(0, abs=1e-9)


def test_scales_with_the_square_of_the_unit():
    """In pixels of a 128 px crop FD is 4096 times that in [-1, 1]."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(300, 5, 2)), rng.normal(.2, 2, (200, 5, 2))

    def fd(factor):
        m = [GaussianMoments().update(x * factor) for x in (a, b)]
        return frechet_distance(m[0].mean, m[0].cov, m[1].mean, m[1].cov).fd

    assert fd(64) == pytest.approx(4096 * fd(1), rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 200), max_size=4),
       offset=st.sampled_from([0., 1e3]))  # yapf: disable
def test_streaming_equals_numpy(cuts, offset):
    x = np.random.default_rng(1).normal(offset, 1, (200, 4))
    moments, other = GaussianMoments(), GaussianMoments()
    for i, part in enumerate(np.split(x, sorted(cuts))):
        (other if i % 2 else moments).update(part)
    moments.merge(other)
    assert moments.n == 200
    np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(
        moments.cov, np.cov(x, rowvar=False), rtol=1e-9, atol=1e-11)


def test_chunks_and_torch_input(monkeypatch):
    torch = pytest.importorskip('torch')
    monkeypatch.setattr(GaussianMoments, 'CHUNK', 7)
    x = torch.randn(50, 3, 2, generator=torch.Generator().manual_seed(0))
    moments = GaussianMoments().update(x)
    np.testing.assert_allclose(
        moments.cov, np.cov(x.reshape(50, 6).double(), rowvar=False))


@pytest.mark.parametrize('call', [
    lambda: GaussianMoments().mean,
    lambda: GaussianMoments().update(np.ones((1, 4))).cov,
    lambda: GaussianMoments(6).update(np.ones((3, 4))),
    lambda: GaussianMoments().update(np.ones(4)),
    lambda: GaussianMoments().update(np.ones((3, 4), int)),
    lambda: GaussianMoments().update(np.full((3, 4), np.nan)),
    lambda: frechet_distance(
        np.zeros(2), np.eye(2), np.zeros(3), np.eye(3)),
    lambda: frechet_distance(
        np.zeros(2), np.full((2, 2), np.inf), np.zeros(2), np.eye(2)),
])
def test_bad_input_is_one_sentence(call):
    with pytest.raises(UserError):
        call()
