"""Every config trains for two iterations, whoever adds it; every method
of a comparison is built."""
from functools import lru_cache
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS
from shrink import nodes, shrink

from flexpose_mm.cli import read_config
from flexpose_mm.comparison import CONTROLS, expand, load_comparison

ROOT = Path(__file__).resolve().parents[1] / 'configs'
FILES = sorted(
    p for p in ROOT.rglob('*.py') if '_base_' not in p.relative_to(ROOT).parts)
COMPARISONS = [p for p in FILES if p.parent.name == 'comparisons']
CONFIGS = [p for p in FILES if p not in COMPARISONS]


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


@pytest.mark.parametrize(
    'path', CONFIGS, ids=lambda p: str(p.relative_to(ROOT))[:-3])
def test_what_it_needs_of_work_dirs_another_config_makes(path):
    """A checkpoint there is the last one of the config of the folder's
    name."""
    for node in nodes(read_config(str(path))._cfg_dict):
        file = node.get('checkpoint')
        if not str(file).startswith('work_dirs/'):
            continue
        _, stem, name = file.split('/')
        assert name == f'iter_{iterations(stem)}.pth', file


@lru_cache(None)
def iterations(stem):
    """Of the training of the config of that name."""
    path, = (p for p in CONFIGS if p.stem == stem)
    return read_config(str(path)).train_cfg.max_iters


@pytest.mark.parametrize('path', COMPARISONS, ids=lambda p: p.stem)
def test_every_method_of_a_comparison_is_built(path, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT.parent)
    comparison = load_comparison(str(path))
    ends = {
        name: {method.layers[0], method.layers[-1]}
        for name, method in comparison.methods.items()
    }
    built = set()
    for run in expand(comparison):
        if run.method == CONTROLS or run.layers not in ends[run.method] or \
                (run.method, run.layers) in built:
            continue
        built.add((run.method, run.layers))
        cfg = shrink(run.cfg, tmp_path)
        model = MODELS.build(cfg.model)
        model.prepare(DATASETS.build(cfg.train_dataloader.dataset))
        if run.layers is not None and run.layers != 'all':
            assert tuple(model.notes['tau_layers']) == run.layers
    assert {name for name, _ in built} == set(comparison.methods)
