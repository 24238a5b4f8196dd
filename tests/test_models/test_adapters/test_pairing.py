"""Which code belongs to which pose."""
import itertools

import torch

from flexpose_mm.models.adapters.pairing import choose_anchors, mix_codes


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_mixed_codes_by_hand():
    codes = torch.tensor([[1., 0.], [0., 2.]])
    mixup = torch.tensor([[0, 1, 1.], [0, 1, 0.], [0, 1, .6]])
    scale = (.36 + .16)**.5
    expected = torch.tensor([[1., 0.], [0., 2.], [.6 / scale, .8 / scale]])
    assert torch.allclose(mix_codes(codes, mixup), expected)


def test_mixed_codes_are_standard_normal():
    n = 4000
    codes = rand(2 * n, 8)
    lam = torch.rand(n, generator=torch.Generator().manual_seed(1))
    mixup = torch.stack([torch.arange(n), torch.arange(n) + n, lam], 1)
    z = mix_codes(codes, mixup.float())
    assert z.mean(0).abs().max() < 0.07
    assert torch.allclose(z.T.cov(), torch.eye(8), atol=0.1)


def test_nearest_is_found_after_centring():
    pool = rand(50, 15, 2)
    codes = rand(50, 4, seed=1)
    rows = torch.tensor([3, 17, 8])
    # the target is the pool's poses seen from elsewhere: a common shift
    shots = pool - pool.mean(0) + 5
    found = choose_anchors(shots, pool, codes, 'nearest_centered')
    assert torch.equal(found, codes)
    some = choose_anchors(
        torch.cat([shots, shots]), pool, codes, 'nearest_centered')
    assert torch.equal(some[rows], codes[rows])


def test_assignment_is_one_to_one_and_cheapest():
    pool, shots = rand(5, 15, 2), rand(3, 15, 2, seed=2)
    codes = torch.arange(5.)[:, None]
    found = choose_anchors(shots, pool, codes, 'ot').flatten().long()
    assert len(set(found.tolist())) == 3

    def cost(columns):
        return (shots - pool[list(columns)]).square().sum()

    least = min(map(cost, itertools.permutations(range(5), 3)))
    assert torch.allclose(cost(found.tolist()), least)
