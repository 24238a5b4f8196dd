"""Shared fixtures of the test suite."""
import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

REPO = Path(__file__).resolve().parents[1]

# the suite runs beside other work, and single-threaded sums are repeatable
torch.set_num_threads(1)

# a busy machine is no failure, and a failure should come again
settings.register_profile(
    'repeatable',
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('repeatable')


@pytest.fixture(scope='session')
def repo() -> Path:
    """Root of the repository."""
    return REPO


@pytest.fixture(scope='session')
def shared_data() -> Path:
    """Folder of real poses; skips where the machine does not have it."""
    path = Path(os.environ.get('FLEXPOSE_DATA', REPO.parent / 'shared/data'))
    if not path.is_dir():
        pytest.skip(f'no real data in {path}; set FLEXPOSE_DATA to its place')
    return path
