"""tools/compare_adapters.py: grid, resume, tables, refusals."""
import csv
import json
import statistics

import numpy as np
import pytest
import tiny
from mmengine.optim import OptimWrapper
from mmpose.registry import DATASETS

from flexpose_mm import UserError, cli
from flexpose_mm.comparison import expand, in_own_process, load_comparison
from flexpose_mm.comparison.measure import Judge, reconstruction_loss
from flexpose_mm.comparison.run import execute
from flexpose_mm.comparison.store import RunFolder

HOOKS = [dict(type='ExactResumeHook'), dict(type='PrepareAdapterHook')]
JUDGE = dict(
    type='PoseDistributionMetric',
    coverage_samples=16,
    k=2,
    reference=dict(
        type='SyntheticPoseDataset', domain='target', size=20, split='test'),
    controls=dict(
        T=tiny.mixup()['dataset'],
        T_star=tiny.mixup(),
        floor=dict(type='SyntheticPoseDataset', domain='target', size=20)))
DIRECT = dict(
    options=dict(
        model=dict(type='DirectTransfer'), train_cfg=dict(max_iters=1)))


@pytest.fixture
def base(tmp_path):
    """Path of a tiny adaptation config."""
    fields = tiny.fields(
        tmp_path / 'unused',
        tiny.adapter(regressor=tiny.regressor()),
        tiny.mixup(),
        tiny.adam(),
        iters=4,
        custom_hooks=HOOKS,
        test_evaluator=JUDGE,
        default_hooks=dict(
            checkpoint=dict(
                type='AtomicCheckpointHook', by_epoch=False, interval=2)))
    path = tmp_path / 'base.py'
    path.write_text('\n'.join(f'{k} = {v!r}' for k, v in fields.items()))
    return path


@pytest.fixture
def write(tmp_path, base):
    """Writes a comparison of that base: its path."""

    def make(**fields):
        fields = {
            **dict(
                base=str(base), methods=dict(tau=dict()), seeds=[0],
                num=20),
            **fields
        }
        path = tmp_path / 'grid.py'
        path.write_text('\n'.join(f'{k} = {v!r}' for k, v in fields.items()))
        return path

    return make


def here(function, run, out):
    """In this process."""
    function(run, out)


@pytest.fixture
def compare(load_tool, tmp_path, capfd):
    """Run the tool without further processes: (exit code, stderr)."""
    tool = load_tool('compare_adapters')

    def call(path, *args, call=here):
        given = [str(path), '--out', str(tmp_path / 'out'), *args]
        capfd.readouterr()
        code = cli.run(lambda: tool.main(given, call=call))
        return code, capfd.readouterr().err

    return call


def rows(out):
    """All rows.json by run."""
    return {
        p.parent.name: json.loads(p.read_text())['rows']
        for p in sorted(out.glob('runs/*/rows.json'))
    }


# -- the grid ----------------------------------------------------------------
def test_expansion(write):
    runs = expand(
        load_comparison(
            write(
                methods={'my tau': dict(), 'direct': DIRECT,
                         'both': dict(layers=[(1, 3), 'all'])},
                seeds=[3, 5], shots=[1, 2], layers=[2, 4])))
    names = [run.name for run in runs]
    assert len(names) == len(set(names)) == 2 * 2 * (1 + 2 + 1 + 2)
    assert names[:6] == [
        'controls-n1-s3', 'my_tau-n1-l2-s3', 'my_tau-n1-l4-s3',
        'direct-n1-s3', 'both-n1-l1+3-s3', 'both-n1-lall-s3'
    ]
    assert [run.seed for run in runs] == [3] * 12 + [5] * 12
    chosen = {run.name: run.cfg for run in runs}
    assert chosen['my_tau-n2-l4-s5'].model.tau_layers == (4, )
    assert chosen['both-n2-lall-s5'].model.tau_layers == 'all'
    assert 'tau_layers' not in chosen['direct-n2-s5'].model


def test_seed_and_shots_reach_every_draw(write):
    step = dict(type='RotatePose')
    path = write(
        seeds=[7], shots=[2],
        options={'train_dataloader.dataset.shot_pipeline': [step]})
    cfg = expand(load_comparison(path))[1].cfg
    mixup, controls = cfg.train_dataloader.dataset, cfg.test_evaluator.controls
    assert cfg.model.seed == cfg.randomness.seed == 7
    for data in (mixup, controls.T_star):
        assert data.seed == data.dataset.seed == 7
        assert data.dataset.n_per_class == 2
    assert controls.T.seed == 7 and controls.T.n_per_class == 2
    assert mixup.shot_pipeline[0].seed == 7
    assert 'seed' not in mixup.dataset.dataset  # the data stay what they are
    assert cfg.val_evaluator is None


def test_options_and_method_files(write, base, tmp_path):
    other = tmp_path / 'other.py'
    other.write_text(f"_base_ = ['{base.name}']\n"
                     "model = dict(tau_layers=(1, ))")
    comparison = load_comparison(
        write(
            options=dict(train_cfg=dict(max_iters=3)),
            methods=dict(
                file=str(other),
                mine=dict(options=dict(
                    optim_wrapper=dict(_delete_=True, any=1))))))
    file, mine = (comparison.methods[name].cfg for name in ('file', 'mine'))
    assert file.model.tau_layers == (1, )
    assert file.train_cfg.max_iters == mine.train_cfg.max_iters == 3
    assert dict(mine.optim_wrapper) == dict(any=1)


def test_another_judge_is_refused(write):
    change = dict(test_evaluator=dict(reference=dict(size=21)))
    with pytest.raises(UserError, match='one judge'):
        load_comparison(write(methods=dict(x=dict(options=change))))


# -- running --------------------------------------------------------------
def test_tables_and_figures(write, compare, tmp_path):
    path = write(methods=dict(tau=dict(), direct=DIRECT), seeds=[0, 1],
                 shots=[1, 2])
    code, err = compare(path, '--docs', str(tmp_path / 'page'))
    assert code == 0, err
    out, found = tmp_path / 'out', rows(tmp_path / 'out')
    assert len(found) == 12
    assert set(found['controls-n1-s0']) == {
        'source generator', 'T', 'T_star', 'floor'
    }
    assert found['direct-n1-s0']['direct']['trainable'] == 0
    table = (out / 'table.md').read_text()
    lines = [[c.strip() for c in line.split('|')[1:-1]]
             for line in table.splitlines() if line.startswith('|')]
    head, body = lines[0], lines[2:]
    assert len(body) == 2 * (4 + 2)
    for name, source in (('tau', 'tau'), ('T_star', 'controls')):
        line = next(c for c in body if c[:2] == [name, '2'])
        for column in ('FD', 'coverage', 'shot_ratio'):
            values = [found[f'{source}-n2-s{s}'][name][column]
                      for s in (0, 1)]
            mean, std = map(float, line[head.index(column)].split(' ± '))
            assert mean == pytest.approx(statistics.mean(values), abs=6e-4)
            assert std == pytest.approx(statistics.stdev(values), abs=6e-4)
    with open(out / 'results.csv') as file:
        written = list(csv.DictReader(file))
    assert len(written) == 2 * 2 * (4 + 2)
    for line in written:
        value = found[line['run']][line['set']]['FD']
        assert float(line['FD']) == value
    for words in ('tools/compare_adapters.py', '12 of 12 finished',
                  'seeds: 0, 1', 'revision', "'split': 'test'",
                  'DirectTransfer'):
        assert words in table
    names = {p.name for p in out.glob('*.png')}
    assert names == {'before_after.png', 'tsne.png', 'fd_by_shots.png'}
    page = (tmp_path / 'page/README.md').read_text()
    assert page.startswith(table)
    for name in (*names, 'results.csv'):
        copy = tmp_path / 'page' / name
        assert copy.read_bytes() == (out / name).read_bytes()
        assert (f']({name})' in page) == name.endswith('.png')


def test_layers_without_drawing(write, compare, tmp_path):
    code, err = compare(write(layers=[1, 3], num=0))
    assert code == 0, err
    found = rows(tmp_path / 'out')
    assert list(found) == ['tau-n1-l1-s0', 'tau-n1-l3-s0']
    losses = [r['tau']['reconstruction'] for r in found.values()]
    assert 'FD' not in found['tau-n1-l1-s0']['tau']
    assert np.isfinite(losses).all() and losses[0] != losses[1]
    names = {p.name for p in (tmp_path / 'out').glob('*.png')}
    assert names == {'before_after.png', 'loss_by_layer.png'}


def test_finished_runs_stay_and_failed_ones_are_repeated(
        write, compare, tmp_path):
    path = write(seeds=[0, 1])
    made = []

    def faulty(function, run, out):
        made.append(run.name)
        if run.name == 'tau-n1-s0' and made.count(run.name) == 1:
            raise RuntimeError('lightning')
        function(run, out)

    code, err = compare(path, call=faulty)
    assert code == 2 and 'tau-n1-s0' in err and 'lightning' in err
    out = tmp_path / 'out'
    assert 'lightning' in (out / 'runs/tau-n1-s0/failed.txt').read_text()
    assert '3 of 4 finished' in (out / 'table.md').read_text()
    before = {p: p.stat().st_mtime_ns for p in out.glob('runs/*/rows.json')}
    made[:] = ['tau-n1-s0']
    code, err = compare(path, call=faulty)
    assert code == 0 and made == ['tau-n1-s0'] * 2, err
    assert len(rows(out)) == 4
    assert all(p.stat().st_mtime_ns == t for p, t in before.items())
    assert not (out / 'runs/tau-n1-s0/failed.txt').exists()


def test_a_killed_run_goes_on_from_its_checkpoint(write, tmp_path,
                                                  monkeypatch):
    run = expand(load_comparison(write()))[1]
    execute(run, tmp_path / 'whole')
    steps, update = [], OptimWrapper.update_params

    def count(self, *args, **kwargs):
        if len(steps) == 3:
            steps.append('stop')
            raise KeyboardInterrupt
        steps.append(1)
        return update(self, *args, **kwargs)

    monkeypatch.setattr(OptimWrapper, 'update_params', count)
    with pytest.raises(KeyboardInterrupt):
        execute(run, tmp_path / 'cut')
    execute(run, tmp_path / 'cut')
    assert len(steps) == 3 + 1 + 2  # of 4 iterations, 2 were in the file
    whole, cut = (RunFolder(run, tmp_path / name) for name in ('whole', 'cut'))
    first, second = (f.result()['rows']['tau'] for f in (whole, cut))
    for name in ('seconds', 'memory_mib', 'gpu_mib'):
        first.pop(name, None), second.pop(name, None)
    assert first == second
    assert (whole.arrays()['poses'] == cut.arrays()['poses']).all()


def test_a_changed_config_is_refused(write, compare, tmp_path):
    path = write()
    assert compare(path)[0] == 0
    for args in (['--cfg-options', 'num=21'],
                 ['--report-only', '--cfg-options', 'num=21'],
                 ['--cfg-options', 'options.optim_wrapper.optimizer.lr=0.5']):
        code, err = compare(path, *args)
        assert code == 2 and 'delete this folder' in err and '--out' in err
    assert compare(path, '--report-only')[0] == 0


def test_changed_files_are_seen(write, base, tmp_path):
    for name in ('first', 'second'):
        np.savez(tmp_path / f'{name}.npz', a=np.full(3, len(name)))
    path = write(options=dict(extra=dict(ann_file=str(tmp_path / 'x.npz'))))
    run = expand(load_comparison(path))[1]
    (tmp_path / 'x.npz').write_bytes((tmp_path / 'first.npz').read_bytes())
    folder = RunFolder(run, tmp_path / 'out')
    folder.begin()
    folder.check()
    (tmp_path / 'x.npz').write_bytes((tmp_path / 'second.npz').read_bytes())
    with pytest.raises(UserError, match='other files'):
        folder.check()


def test_how_a_run_is_logged_does_not_matter(write, tmp_path):
    folders = [
        RunFolder(
            expand(load_comparison(write(options=dict(default_hooks=dict(
                logger=dict(type='LoggerHook', **field))))))[1],
            tmp_path / 'out')
        for field in (dict(), dict(log_metric_by_epoch=False))
    ]
    folders[0].begin()
    folders[1].check()


def test_only_and_list(write, compare, tmp_path, load_tool, capfd):
    path = write(seeds=[0, 1])
    load_tool('compare_adapters').main([str(path), '--list'])
    assert capfd.readouterr().out.split() == [
        'controls-n1-s0', 'tau-n1-s0', 'controls-n1-s1', 'tau-n1-s1'
    ]
    assert compare(path, '--only', 'tau-*-s1')[0] == 0
    assert list(rows(tmp_path / 'out')) == ['tau-n1-s1']
    code, err = compare(path, '--only', 'lora*')
    assert code == 2 and "--only='lora*'" in err


@pytest.mark.timeout(240)  # the server of the processes imports MMPose
def test_a_process_for_each_run(write, tmp_path):
    run = expand(load_comparison(write()))[1]
    in_own_process(execute, run, str(tmp_path))
    folder = RunFolder(run, tmp_path)
    row = folder.result()['rows']['tau']
    assert row['memory_mib'] > 50 and row['seconds'] > 0
    assert 'Iter(train)' in open(folder.file('output.txt')).read()
    broken = expand(
        load_comparison(write(options=dict(model=dict(pool_size=0)))))[1]
    with pytest.raises(UserError, match='pool_size=0'):
        in_own_process(execute, broken, str(tmp_path / 'other'))


# -- measures -----------------------------------------------------------------
def test_shot_ratio_exposes_copies():
    target = DATASETS.build(
        dict(type='SyntheticPoseDataset', domain='target', size=300)).poses
    judge = Judge(JUDGE, target[:12])
    copies = judge(np.repeat(target[:12], 5, axis=0))
    fresh = judge(target[100:])
    assert copies['shot_ratio'] < 1e-3 and copies['shot_distance'] < 1e-4
    assert .7 < fresh['shot_ratio'] < 1.4
    assert {'FD', 'MMD2', 'MMD2_median', 'var_ratio', 'coverage',
            'density'} <= set(fresh)


def test_reconstruction_loss_is_that_of_training():
    model, dataset = tiny.build(tiny.adapter()), DATASETS.build(tiny.mixup())
    model.prepare(dataset)
    samples = [dataset[i]['data_samples'] for i in range(len(dataset))]

    def loss(part):
        return model.losses(part)['loss_perceptual'].item()

    whole = reconstruction_loss(model, dataset)
    assert whole == pytest.approx(loss(samples), rel=1e-5)
    parts = reconstruction_loss(model, dataset, block=8)
    assert parts == pytest.approx(
        (loss(samples[:8]) + loss(samples[8:])) / 2, rel=1e-5)


@pytest.mark.parametrize('change, words', [
    (dict(base='gone.py'), 'no such file'),
    (dict(seeds=[]), r'seeds=\[\]'),
    (dict(seeds=[1, 1]), 'different'),
    (dict(seeds=3), 'seeds=3'),
    (dict(seeds=[-1]), '>= 0'),
    (dict(shots=[0]), '>= 1'),
    (dict(methods={}), 'methods={}'),
    (dict(methods=dict(controls={})), 'controls'),
    (dict(methods=dict(T_star={})), 'T_star'),
    (dict(methods={'a/b': {}}), 'a/b'),
    (dict(methods={'a b': {}, 'a_b': {}}), 'this name'),
    (dict(methods=dict(x=3)), 'give a config'),
    (dict(methods=dict(x=dict(rank=3))), 'rank'),
    (dict(methods=dict(x='gone.py')), 'no such file'),
    (dict(methods=dict(x=dict(options=dict(model=dict(type='Nil'))))), 'Nil'),
    (dict(methods=dict(x=dict(options=dict(model=3)))), 'model'),
    (dict(layers=3), 'layers=3'),
    (dict(num=1), 'num=1'),
    (dict(seed=[1]), "field='seed'"),
])
def test_bad_fields_are_one_sentence(write, change, words):
    with pytest.raises(UserError, match=words):
        expand(load_comparison(write(**change)))
