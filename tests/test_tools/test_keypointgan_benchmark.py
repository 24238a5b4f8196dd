"""benchmarks/keypointgan.py: its rows on tiny networks."""
import csv
import json
from pathlib import Path

import pytest
import tiny

from flexpose_mm import UserError
from flexpose_mm.cli import read_config
from flexpose_mm.comparison.report import Entry

PATH = Path(__file__).resolve().parents[2] / 'benchmarks'
CONFIGS = PATH.parent / 'configs'


@pytest.fixture(scope='module')
def module(load_benchmark):
    return load_benchmark('keypointgan')


def config(path, bank):
    """A config file of a tiny detector and a bank."""
    judged = dict(type='SyntheticPoseDataset', domain='target', split='test',
                  size=8, images=True, image_size=32, test_mode=True,
                  pipeline=[dict(type='LoadImage'), *tiny.crop(),
                            dict(type='PackPoseInputs')])
    loader = dict(batch_size=4, num_workers=0, dataset=judged,
                  sampler=dict(type='DefaultSampler', shuffle=False))
    error = dict(type='KeypointError')
    # an untrained beta sees all joints in one place, which is no label
    beta = read_config(str(CONFIGS / '_base_/models/beta_32.py')).beta
    beta.checkpoint = str(PATH.parent / 'demo/assets/beta_synthetic_32.pth')
    model = tiny.keypoint_gan(head=dict(beta),
                              alpha=tiny.preprocessor(32, line_width=2.))
    fields = tiny.fields(
        path.parent / 'unused', model, tiny.pairs(),
        tiny.keypoint_adams(), iters=2,
        custom_hooks=[dict(type='PoseBankHook', poses=bank)],
        val_dataloader=loader, val_evaluator=error, val_cfg={},
        test_dataloader=loader, test_evaluator=error, test_cfg={})
    fields['train_cfg']['val_interval'] = 1
    path.write_text('\n'.join(f'{k} = {v!r}' for k, v in fields.items()))
    return str(path)


@pytest.fixture
def bench(module, runs_of, tmp_path, monkeypatch):
    """Run the benchmark in this process; return the names of its runs."""
    bank = dict(type='SyntheticPoseDataset', size=20)
    monkeypatch.setitem(
        module.SETTINGS, 'synthetic', {
            row: config(tmp_path / f'{row}.py', dict(bank, seed=i))
            for i, row in enumerate(module.ROWS)
        })
    monkeypatch.chdir(PATH.parent)
    monkeypatch.setattr(module, 'SHOWN', 3)
    return lambda *args: runs_of(module.main, '--out', tmp_path / 'out',
                                 '--settings', 'synthetic', *args)


def rows(folder):
    with open(folder / 'out/results.csv') as file:
        return {row['run']: row for row in csv.DictReader(file)}


def test_rows_become_a_page_and_are_never_repeated(bench, tmp_path):
    names = [f'synthetic-{row}-s0' for row in ('direct', 'adapted', 'aligned')]
    assert bench('--rows', 'direct', 'aligned') == names[::2]
    assert bench('--docs', tmp_path / 'page') == names[1:2]
    assert bench('--report-only') == []
    found = rows(tmp_path)
    assert list(found) == names
    for row in found.values():
        assert float(row['error_crop']) > 0 and 0 <= float(row['AP']) <= 100
        assert float(row['labelled']) == float(row['read']) == 100
        assert float(row['apart']) < 1e-2  # the labels are the predictions
    page = (tmp_path / 'page/README.md').read_text()
    for name in ('curves', 'confidence', 'predictions'):
        assert f'synthetic_{name}.png' in page
        assert (tmp_path / f'page/synthetic_{name}.png').stat().st_size > 5000
    for row in ('direct', 'adapted', 'aligned'):
        assert f'| {row} | 1 |' in page


def test_gap_is_that_of_the_seed(module):
    def entry(row, seed, error):
        run = module.ConfigRun(f'{row}{seed}', 'lsp', row, seed, None)
        return Entry(run, row, dict(error_crop=error))

    entries = [entry('direct', 0, 20.), entry('adapted', 0, 12.),
               entry('aligned', 0, 10.), entry('direct', 1, 30.),
               entry('adapted', 1, 25.)]
    module.add_gaps(entries)
    assert [e.row.get('gap') for e in entries] == [None, 80, None, None, None]


def test_a_curve_goes_by_the_iterations_of_the_training(module, tmp_path):
    """Of a stopped and resumed run, whatever step MMEngine logs."""
    run = module.ConfigRun('a', 'lsp', 'direct', 0, None)
    for name, lines in dict(
            first=[dict(iter=50, step=50), dict(error_crop=9., step=0)],
            then=[dict(iter=100, step=100), dict(error_crop=5., step=100)],
    ).items():
        folder = tmp_path / f'runs/a/{name}/vis_data'
        folder.mkdir(parents=True)
        (folder / 'scalars.json').write_text(
            '\n'.join(map(json.dumps, lines)))
    assert module.curve(run, tmp_path) == {50: 9., 100: 5.}


def plan(module, *args):
    """Names of the planned runs, and the runs."""
    args = module.parse_args([str(a) for a in args])
    return {run.name: run for run in module.Plan(args).add_rows()}


def test_what_rows_need_is_made_before_them(module, tmp_path, monkeypatch):
    monkeypatch.chdir(PATH.parent)
    monkeypatch.setattr(module.osp, 'isfile', lambda path: False
                        if 'work_dirs' in path else Path(path).is_file())
    out = tmp_path / 'out'
    runs = plan(module, '--settings', 'synthetic', '--seeds', 0, 1, '--out',
                out, '--num', 40)
    adapter = 'adapt_synthetic_12shot_transport'
    assert list(runs) == [
        'beta_synthetic_64', 'synthetic-direct-s0', f'{adapter}-s0',
        'synthetic-adapted-s0', 'synthetic-aligned-s0',
        'synthetic-direct-s1', f'{adapter}-s1', 'synthetic-adapted-s1',
        'synthetic-aligned-s1'
    ]
    cfg = runs['synthetic-adapted-s1'].cfg
    hook = cfg.custom_hooks[-1]
    assert hook.poses.ann_file == str(out / f'runs/{adapter}-s1/poses.npz')
    assert hook.seed == hook.extra.seed == hook.extra.dataset.seed == 1
    assert cfg.model.head.checkpoint == str(
        out / 'runs/beta_synthetic_64/iter_3000.pth')
    made = runs[f'{adapter}-s1']
    assert made.num == 40 and made.cfg.model.seed == 1
    assert made.cfg.train_dataloader.dataset.dataset.seed == 1


def test_the_default_folder_is_not_taken_for_something_missing(
        module, monkeypatch):
    monkeypatch.chdir(PATH.parent)
    monkeypatch.setattr(module.osp, 'isfile', lambda path: False
                        if 'work_dirs' in path else Path(path).is_file())
    runs = plan(module, '--settings', 'lsp', '--rows', 'adapted')
    names = list(runs)
    assert set(names) == {
        'beta_mpii_64', 'beta_h36m_32', 'flow_h36m', 'warmstart_h36m_32',
        'adapt_h36m2lsp_30shot_transport-s0', 'lsp-adapted-s0'
    }
    assert names.index('flow_h36m') < names.index('warmstart_h36m_32')
    assert names[-1] == 'lsp-adapted-s0'


def test_given_poses_are_used(module, tmp_path, monkeypatch):
    monkeypatch.chdir(PATH.parent)
    runs = plan(module, '--settings', 'lsp', '--rows', 'adapted', '--out',
                tmp_path / 'out', '--poses', 'lsp=/some/poses.npz')
    assert not any(name.startswith('adapt') for name in runs)
    cfg = runs['lsp-adapted-s0'].cfg
    assert cfg.custom_hooks[-1].poses.ann_file == '/some/poses.npz'


def test_without_its_run_nothing_starts(module, tmp_path, monkeypatch):
    monkeypatch.chdir(PATH.parent)
    out = str(tmp_path / 'out')
    runs = plan(module, '--settings', 'synthetic', '--rows', 'adapted',
                '--out', out)
    with pytest.raises(UserError, match='has not been finished'):
        module.execute(runs['synthetic-adapted-s0'], out)
