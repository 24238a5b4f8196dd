"""tools/test.py: metrics out, and checkpoints that must be refused."""
import json
import os

import pytest
import tiny
import tiny_lifting
import torch

from flexpose_mm import cli


class Evil:
    """Runs a shell command when unpickled."""

    def __reduce__(self):
        return os.system, ('touch /tmp/flexpose-evil', )


@pytest.fixture
def trained(toy, call):
    """A checkpoint of two iterations."""
    code, err = call('train', toy, '--cfg-options', 'train_cfg.max_iters=2')
    assert code == 0, err
    return toy.parent / 'work/iter_2.pth'


def test_metrics_and_predictions_are_written(toy, trained, call, tmp_path):
    out, dump = tmp_path / 'metrics.json', tmp_path / 'predictions.pkl'
    code, err = call('test', toy, trained, '--out', out, '--dump', dump)
    assert code == 0, err
    assert 'mean' in json.loads(out.read_text())
    assert dump.stat().st_size > 0


def spoil(trained, how):
    """Make another checkpoint from a good one."""
    path = trained.parent / f'{how}.pth'
    data = trained.read_bytes()
    if how == 'truncated':
        path.write_bytes(data[:len(data) // 2])
    elif how == 'empty':
        path.write_bytes(b'')
    elif how == 'text':
        path.write_text('this is not a checkpoint')
    elif how == 'evil':
        torch.save(dict(state_dict=Evil()), path)
    elif how == 'tensor':
        torch.save(torch.zeros(2), path)
    elif how == 'lacking':
        torch.save(dict(state_dict=dict()), path)
    return path


@pytest.mark.parametrize('how, expected', [
    ('missing', 'no such file'),
    ('truncated', 'truncated'),
    ('empty', 'damaged'),
    ('text', 'damaged'),
    ('evil', 'would run code'),
    ('tensor', 'no checkpoint'),
    ('lacking', 'is missing: the checkpoint is of another model'),
])
def test_bad_checkpoints_are_one_sentence(toy, trained, call, how, expected):
    path = spoil(trained, how)
    for args in (('test', toy, path), ('train', toy, '--resume', path)):
        code, err = call(*args)
        line = err.strip().splitlines()[-1]
        assert code == 2 and line.startswith('error:') and expected in line
        assert 'Traceback' not in err
    assert not os.path.exists('/tmp/flexpose-evil')


def test_checkpoint_of_another_size(toy, trained, call):
    code, err = call('test', toy, trained, '--cfg-options', 'model.width=5')
    assert code == 2 and 'the config builds (5, 3)' in err


@pytest.mark.parametrize('args', [
    ('--out', 'metrics.txt'),
    ('--out', '/nowhere/metrics.json'),
    ('--dump', 'predictions.npz'),
])
def test_outputs_are_checked_first(toy, call, args):
    code, err = call('test', toy, 'any.pth', *args)
    assert code == 2 and f'{args[0]}=' in err


def evaluation():
    """Fields that test an adapter by FD."""
    fields = tiny.validation()
    return {key.replace('val', 'test', 1): v for key, v in fields.items()}


def flexpose(source):
    beta = dict(tiny.regressor(), checkpoint=source)
    return dict(
        evaluation(),
        model=tiny.adapter(
            generator=dict(tiny.generator(), checkpoint=source),
            gamma=dict(type='RegressorFeatures', regressor=beta),
            regressor=beta))


def freezed(source):
    return dict(
        evaluation(),
        model=tiny.rival(
            'FreezeD',
            generator=dict(tiny.generator(), checkpoint=source),
            discriminator=tiny.discriminator(checkpoint=source)))


def posynda(source):
    return dict(
        tiny_lifting.evaluation(),
        model=tiny_lifting.lifter(tiny_lifting.adaptation(), source))


@pytest.mark.parametrize('make', [flexpose, freezed, posynda])
def test_an_adapted_model_needs_no_source(make, call, tmp_path):
    """Its checkpoint holds all weights; the result is from them alone."""
    weights = tmp_path / 'adapted.pth'
    model = tiny.scramble(tiny.build(make(None)['model']))
    torch.save(dict(state_dict=model.state_dict()), weights)
    found = []
    for source in (None, '/nowhere/source.pth'):
        config, out = tmp_path / 'config.py', tmp_path / 'metrics.json'
        fields = dict(
            make(source),
            custom_imports=dict(imports=['flexpose_mm']),
            default_scope='mmpose',
            work_dir=str(tmp_path / 'work'))
        config.write_text('\n'.join(
            f'{key} = {value!r}' for key, value in fields.items()))
        code, err = call('test', config, weights, '--out', out)
        assert code == 0, err
        found.append(json.loads(out.read_text()))
    assert found[0] and found[0] == found[1]


def test_addresses_are_left_to_mmengine():
    assert cli.given_checkpoint('https://example.org/a.pth') == {}
