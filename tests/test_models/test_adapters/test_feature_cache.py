"""Cached features are those that would be computed."""
import pytest
import torch

from flexpose_mm.models.adapters.feature_cache import FeatureCache


class Extract:
    """Two maps for each row; counts its calls."""

    def __init__(self, channels_last=False):
        rng = torch.Generator().manual_seed(0)
        self.maps = [torch.randn(150, 4, s, s, generator=rng) for s in (4, 2)]
        self.calls, self.channels_last = 0, channels_last

    def __call__(self, rows):
        self.calls += 1
        maps = [m[rows] for m in self.maps]
        if self.channels_last:
            maps = [m.contiguous(memory_format=torch.channels_last)
                    for m in maps]
        return maps


ROWS = torch.tensor([149, 0, 77])


@pytest.mark.parametrize('channels_last', [False, True])
def test_cache_equals_recomputation(channels_last):
    extract = Extract(channels_last)
    cache = FeatureCache(extract, 150, limit_mb=1)
    for found, expected in zip(cache(ROWS), extract(ROWS)):
        assert torch.equal(found, expected)
        assert found.is_contiguous(
            memory_format=torch.channels_last) == channels_last
    calls = extract.calls
    cache(ROWS)
    assert extract.calls == calls and cache.enabled


def test_no_memory_no_cache():
    extract = Extract()
    cache = FeatureCache(extract, 150, limit_mb=0)
    assert not cache.enabled
    assert cache.megabytes == 150 * 4 * 20 * 4 / 2**20
    for _ in range(2):
        calls = extract.calls
        assert torch.equal(cache(ROWS)[0], extract.maps[0][ROWS])
        assert extract.calls == calls + 1
    assert cache.store is None


def test_stored_type():
    cache = FeatureCache(Extract(), 150, 1, torch.bfloat16)
    assert cache(ROWS)[0].dtype == torch.bfloat16
    assert cache.megabytes == 150 * 4 * 20 * 2 / 2**20
