"""benchmarks/difficulty_adaptation.py: its rows on tiny networks."""
import csv
from pathlib import Path

import numpy as np
import pytest

from flexpose_mm import UserError
from flexpose_mm.comparison.report import Entry

PATH = Path(__file__).resolve().parents[2] / 'benchmarks'
TINY = [
    'train_cfg.max_iters=2', 'model.pretrain_iters=1',
    'train_dataloader.batch_size=2',
    'train_dataloader.dataset.source.size=30',
    'train_dataloader.dataset.target.size=4',
    'test_dataloader.dataset.size=26',
    'model.backbone.base_channels=4', 'model.head.in_channels=16',
    'difficulty.train.steps=2'
]


@pytest.fixture(scope='module')
def module(load_benchmark):
    return load_benchmark('difficulty_adaptation')


@pytest.fixture
def bench(module, runs_of, tmp_path, monkeypatch):
    """Run the benchmark in this process; return the names of its runs."""
    monkeypatch.chdir(PATH.parent)
    return lambda *args: runs_of(module.main, '--out', tmp_path / 'out',
                                 *args, '--cfg-options', *TINY)


def rows(folder):
    with open(folder / 'out/results.csv') as file:
        return {row['run']: row for row in csv.DictReader(file)}


def test_rows_become_a_page_and_are_never_repeated(bench, tmp_path):
    page = tmp_path / 'page'
    args = ('--seeds', 3, '--docs', page, '--rows', 'source_only', 'regda',
            'udape', 'udape_hm')
    done = bench(*args)
    assert done == ['source_only-s3', 'regda-s3', 'udape-s3', 'udape_hm-s3']
    found = rows(tmp_path)
    assert found['source_only-s3']['gain'] == ''
    hard = found['udape_hm-s3']
    assert float(hard['effect']) == pytest.approx(
        float(hard['PCK/All']) - float(found['udape-s3']['PCK/All']))
    text = (page / 'README.md').read_text()
    assert '| UDAPE + HM | 1 |' in text and '4 of 4 finished' in text
    for name in ('rows', 'predictions', 'bins_regda_error',
                 'bins_udape_EvalPose'):
        assert (page / f'{name}.png').stat().st_size > 1000
    arrays = np.load(tmp_path / 'out/runs/udape-s3/arrays.npz')
    assert arrays['pred'].shape == arrays['truth'].shape == (26, 15, 2)
    # one drawing of each set of images, and one VAE, for all runs
    cache = tmp_path / 'out/cache'
    assert len(list((cache / 'images').iterdir())) == 3
    assert len(list((cache / 'difficulty').glob('vae_*'))) == 1
    assert bench(*args) == []
    assert rows(tmp_path) == found


def test_source_only_never_adapts(module, bench, tmp_path):
    args = module.parse_args(['--rows', 'source_only', 'udape'])
    args.cfg_options = dict(train_cfg=dict(max_iters=7),
                            model=dict(pretrain_iters=2))
    source, udape = (run.cfg for run in module.all_runs(args)[:2])
    assert source.model.pretrain_iters == 7 and source.model.style is None
    assert udape.model.pretrain_iters == 2
    assert source.val_dataloader is None  # nothing to choose by
    bound, = module.all_runs(module.parse_args(
        ['--rows', 'target_labels', '--seeds', '0']))
    data = bound.cfg.train_dataloader.dataset
    assert data.source.domain == data.target.domain == 'target'
    assert len(module.parse_args([]).rows) == 9


def test_differences_are_within_a_seed(module):
    def entry(name, seed, value):
        run = module.ConfigRun(f'{name}{seed}', 's', name, seed, None)
        return Entry(run, name, {'PCK/All': value})

    entries = [entry('source_only', 0, 10.), entry('source_only', 1, 20.),
               entry('regda', 1, 50.), entry('regda_hm', 1, 53.),
               entry('udape_cl', 2, 70.)]
    module.add_differences(entries)
    assert [e.row.get('gain') for e in entries] == [None, None, 30., 33.,
                                                    None]
    assert [e.row.get('effect') for e in entries] == [None] * 3 + [3., None]


def test_mistakes_are_told_before_the_first_run(bench):
    for args, words in ((('--report-only', ), 'finished runs=0'),
                        (('--seeds', 1, 1), '--seeds')):
        with pytest.raises(UserError, match=words):
            bench(*args)
