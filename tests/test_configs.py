"""Every config trains for two iterations, whoever adds it."""
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner
from shrink import shrink

ROOT = Path(__file__).resolve().parents[1] / 'configs'
CONFIGS = sorted(
    p for p in ROOT.rglob('*.py') if '_base_' not in p.relative_to(ROOT).parts)


@pytest.mark.parametrize(
    'path', CONFIGS, ids=lambda p: str(p.relative_to(ROOT))[:-3])
def test_trains_for_two_iterations(path, tmp_path):
    torch.manual_seed(0)
    runner = Runner.from_cfg(shrink(path, tmp_path))
    runner.train()
    saved = torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)
    floats = [
        v for v in saved['state_dict'].values() if v.is_floating_point()
    ]
    assert runner.iter == 2 and all(v.isfinite().all() for v in floats)
