"""benchmarks/posynda.py: rows, sweeps and their resumption, tiny."""
import csv

import pytest
import tiny
import tiny_lifting

from flexpose_mm import UserError, cli


@pytest.fixture(scope='module')
def module(load_benchmark):
    return load_benchmark('posynda')


def write(path, model, data, **more):
    """A config file with the given model and data."""
    fields = tiny.fields(path.parent / 'unused', model, data,
                         tiny.adam(.001), iters=2, **more,
                         **tiny_lifting.evaluation())
    path.write_text('\n'.join(f'{k} = {v!r}' for k, v in fields.items()))
    return str(path)


@pytest.fixture
def bench(module, runs_of, tmp_path, monkeypatch):
    """Run the benchmark on a tiny setting, in this process."""
    paths = (write(tmp_path / 'source.py', tiny_lifting.lifter(),
                   tiny_lifting.clips()),
             write(tmp_path / 'adapt.py',
                   tiny_lifting.lifter(tiny_lifting.adaptation()),
                   tiny_lifting.pairs()))
    monkeypatch.setitem(module.SETTINGS, 'synthetic', paths)
    monkeypatch.setitem(
        module.SWEEPS, 'hypotheses',
        {h: module.Variant(hypotheses=h) for h in (2, 3)})
    monkeypatch.setitem(module.PICTURES, 'num_poses', 1)
    monkeypatch.setitem(module.PICTURES, 'num_sequences', 0)
    return lambda *args: runs_of(module.main, '--settings', 'synthetic',
                                 '--out', tmp_path / 'out', *args)


def rows(folder):
    with open(folder / 'out/results.csv') as file:
        return {row['run']: row for row in csv.DictReader(file)}


def test_rows_become_a_table_and_are_never_repeated(bench, tmp_path):
    done = bench('--seeds', 0, '--rows', 'source only', '+F',
                 '+multi-hypothesis')
    assert done == ['synthetic-source-s0', 'synthetic-all-H1-s0',
                    'synthetic-r4-bias-H3-s0']
    first = rows(tmp_path)
    source, f, full = (first[name] for name in done)
    assert float(source['MPJPE']) > float(source['P-MPJPE']) > 0
    assert source['removed'] == '' != f['removed']
    assert float(f['removed']) == pytest.approx(
        100 * (1 - float(f['MPJPE']) / float(source['MPJPE'])))
    assert f['trainable'] == source['trainable'] != full['trainable']
    out = tmp_path / 'out'
    text = (out / 'table.md').read_text()
    assert '| +multi-hypothesis | 1 |' in text and '3 of 3 finished' in text
    assert (out / 'rows.png').stat().st_size > 1000
    pictures = out / 'runs' / done[2] / 'lifting' / 'test'
    assert (pictures / 'hypotheses.png').is_file()
    # a sweep shares runs with the rows; only what is missing is made
    done = bench('--seeds', 0, '--rows', 'source only', '--sweeps',
                 'hypotheses')
    assert done == ['synthetic-r4-bias-H2-s0']
    again = rows(tmp_path)
    assert again['synthetic-r4-bias-H3-s0'] == full
    # a seed without all points would bend the curve, and is left out
    bench('--seeds', 1, '--rows', 'source only', '+multi-hypothesis')
    bench('--seeds', 0, 1, '--rows', 'source only', '--sweeps', 'hypotheses',
          '--report-only')
    text = (out / 'table.md').read_text()
    assert '| source only | 2 |' in text
    assert '| 2 | 1 |' in text and '| 3 | 1 |' in text
    assert (out / 'hypotheses.png').stat().st_size > 1000
    page = tmp_path / 'page'
    assert bench('--seeds', 0, '--report-only', '--docs', page) == []
    assert '![rows](rows.png)' in (page / 'README.md').read_text()
    assert (page / 'rows.png').is_file() and (page / 'results.csv').is_file()


def test_a_killed_run_goes_on_and_ends_the_same(bench, module, tmp_path,
                                                monkeypatch):
    args = ('--seeds', 1, '--rows', 'source only')
    with monkeypatch.context() as patch:

        def die(*_):
            raise KeyboardInterrupt

        patch.setattr(module, 'evaluate', die)  # after training
        with pytest.raises(KeyboardInterrupt):
            bench(*args)
    run = tmp_path / 'out/runs/synthetic-source-s1'
    before = (run / 'iter_2.pth').stat().st_mtime_ns
    bench(*args)
    assert (run / 'iter_2.pth').stat().st_mtime_ns == before
    cut = rows(tmp_path)
    (tmp_path / 'out').rename(tmp_path / 'cut')
    bench(*args)
    for name, row in rows(tmp_path).items():
        assert row['MPJPE'] == cut[name]['MPJPE']


def test_a_failed_source_is_told_and_stops_no_other(bench, tmp_path):
    with pytest.raises(UserError, match='failed runs'):
        bench('--seeds', 0, 1, '--rows', 'source only', '+F',
              '--source-options', 'model.backbone.denoiser.depth=0')
    # nothing was finished, and the reason stands in each folder
    for seed in (0, 1):
        text = (tmp_path / f'out/runs/synthetic-all-H1-s{seed}/failed.txt')
        assert 'has not been finished' in text.read_text()


def test_mistakes_are_told_before_the_first_run(bench):
    for args, words in ((('--report-only', ), 'finished runs=0'),
                        (('--seeds', 1, 1), '--seeds')):
        with pytest.raises(UserError, match=words):
            bench(*args)


def test_rows_are_the_papers(module):
    assert module.ROWS['+bias'] == module.SWEEPS['hypotheses'][1]
    assert module.ROWS['+multi-hypothesis'] == \
        module.SWEEPS['hypotheses'][3] == module.SWEEPS['rank'][4]
    assert cli.USER_ERROR_CODE == 2
