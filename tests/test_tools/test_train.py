"""tools/train.py: arguments, messages, kill and resume, two processes."""
import os
import re
import socket
import sys

import pytest
import torch

from flexpose_mm import cli


def weights(folder, name='iter_12.pth'):
    """State dict of a checkpoint, read without pickle."""
    found = torch.load(folder / name, weights_only=True)
    return found['state_dict']


def with_hook(toy, hook):
    """Another config beside ``toy``, with one more hook."""
    path = toy.parent / 'other.py'
    path.write_text(toy.read_text() + f'custom_hooks += [{hook}]\n')
    return path


def same(first, second):
    """Whether two state dicts agree to the last bit."""
    return first.keys() == second.keys() and all(
        torch.equal(first[key], second[key]) for key in first)


def test_trains_and_keeps_the_last_checkpoint(toy, call):
    code, _ = call('train', toy)
    work = toy.parent / 'work'
    assert code == 0
    assert [p.name for p in work.glob('*.pth')] == ['iter_12.pth']
    assert (work / 'last_checkpoint').read_text().endswith('iter_12.pth')
    assert not list(work.glob('.*'))  # no leftovers


@pytest.mark.parametrize('workers', [0, 1])
def test_killed_run_resumes_to_the_same_bits(toy, call, call_forked, workers):
    option = f'train_dataloader.num_workers={workers}'
    whole, cut = toy.parent / 'whole', toy.parent / 'cut'
    code, err = call('train', toy, '--work-dir', whole, '--cfg-options',
                     option)
    assert code == 0, err
    deadly = with_hook(toy, "dict(type='KillHook', at=8)")
    assert call_forked('train', deadly, '--work-dir', cut, '--cfg-options',
                       option) == -9
    assert sorted(p.name for p in cut.glob('*.pth')) == ['iter_6.pth']
    code, err = call('train', toy, '--work-dir', cut, '--resume',
                     '--cfg-options', option)
    assert code == 0, err
    assert same(weights(whole), weights(cut))


def test_resume_is_exact_by_epochs(toy, call):
    text = toy.read_text()
    toy.write_text(
        text.replace(
            "dict(type='IterBasedTrainLoop', max_iters=12, val_interval=3)",
            "dict(type='EpochBasedTrainLoop', max_epochs=3)").replace(
                'InfiniteSampler', 'DefaultSampler').replace(
                    'by_epoch=False,\n        interval=3,\n        '
                    'max_keep_ckpts=1', 'interval=1'))
    assert call('train', toy)[0] == 0
    work = toy.parent / 'work'
    first = weights(work, 'epoch_3.pth')
    (work / 'epoch_3.pth').unlink()
    code, err = call('train', toy, '--resume', work / 'epoch_1.pth')
    assert code == 0, err
    assert same(first, weights(work, 'epoch_3.pth'))


def test_moved_folder_still_resumes(toy, call):
    assert call('train', toy, '--cfg-options', 'train_cfg.max_iters=6')[0] == 0
    moved = toy.parent / 'moved'
    (toy.parent / 'work').rename(moved)
    code, err = call('train', toy, '--work-dir', moved, '--resume')
    assert code == 0 and (moved / 'iter_12.pth').exists(), err


def test_full_disk_keeps_the_last_checkpoint(toy, call, monkeypatch):
    monkeypatch.setattr(os, 'fsync', os.fsync)  # restored afterwards
    full = with_hook(toy, "dict(type='FullDiskHook', at=5)")
    code, err = call('train', full)
    assert code == 2 and 'disk is full' in err and 'Traceback' not in err
    work = toy.parent / 'work'
    assert [p.name for p in work.glob('*.pth')] == ['iter_3.pth']
    assert not list(work.glob('.*'))
    assert weights(work, 'iter_3.pth')


@pytest.mark.timeout(180)  # three interpreters start, 20 s if idle
def test_two_processes_on_cpu(toy, shell, monkeypatch):
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        monkeypatch.setenv('PORT', str(probe.getsockname()[1]))
    done = shell('tools/dist_train.sh', toy, 2)
    assert done.returncode == 0, done.stderr
    found = torch.load(toy.parent / 'work/iter_12.pth', weights_only=True)
    assert len(found['rng_states']) == 2


def test_launcher_passes_the_exit_code_on(tmp_path, shell):
    script = tmp_path / 'fails.py'
    script.write_text('raise SystemExit(2)')
    done = shell(sys.executable, 'tools/_launch.py', '--standalone',
                 '--nproc_per_node=1', script)
    assert done.returncode == 2 and 'Traceback' not in done.stderr


CASES = {
    'missing config': (['nowhere.py'], 'no such file'),
    'missing resume': (['TOY', '--resume', 'gone.pth'], 'gone.pth'),
    'unknown model': (['TOY', '--cfg-options', 'model.type=Nonesuch'],
                      'Nonesuch is not in the mmpose::model registry'),
    'unknown hook': (['TOY', '--cfg-options',
                      'default_hooks.logger.type=NoHook'], 'NoHook'),
    'unknown argument': (['TOY', '--cfg-options', 'model.depth=3'], 'depth'),
    'bad dataset': (['TOY', '--cfg-options',
                     'train_dataloader.dataset.length=0'],
                    'ToyDataset: length=0: must be positive'),
    'no seed': (['TOY', '--cfg-options', 'randomness.seed=None'],
                'randomness.seed=None'),
    'work dir is a file': (['TOY', '--work-dir', 'TOY'], 'work_dir='),
    'work dir in proc': (['TOY', '--work-dir', '/proc/flexpose'],
                         'cannot be written'),
    'no base batch': (['TOY', '--auto-scale-lr'], 'auto_scale_lr=None'),
    'torchrun absent': (['TOY', '--launcher', 'pytorch'], 'dist_train.sh'),
    'half a trio': (['TOY', '--cfg-options', 'val_cfg=None'], 'val_cfg'),
}


@pytest.mark.parametrize('case', CASES)
def test_user_errors_are_one_sentence(case, toy, call):
    args, expected = CASES[case]
    args = [str(toy) if arg == 'TOY' else arg for arg in args]
    code, err = call('train', *args)
    errors = [line for line in err.splitlines() if line.startswith('error:')]
    assert code == 2, err
    assert len(errors) == 1 and expected in errors[0]
    assert 'Traceback' not in err
    assert not list(toy.parent.glob('work/*.pth'))


def test_error_in_a_worker_is_one_sentence(toy, call):
    code, err = call('train', toy, '--cfg-options',
                     'train_dataloader.dataset.broken=3',
                     'train_dataloader.num_workers=1')
    assert code == 2 and 'Traceback' not in err
    assert 'error: toy.npz: index=3: holds no pose' in err


@pytest.mark.parametrize('text, expected', [
    ('model = dict(', 'SyntaxError'),
    ("_base_ = ['absent.py']", 'absent.py'),
    ("custom_imports = dict(imports=['no_such_module'])", 'no_such_module'),
    ('model = 1 / 0', 'division by zero'),
])
def test_wrong_configs_are_one_sentence(text, expected, tmp_path, call):
    path = tmp_path / 'wrong.py'
    path.write_text(text)
    code, err = call('train', path)
    line = err.strip().splitlines()[-1]
    assert code == 2 and line.startswith('error:') and expected in line
    assert 'Traceback' not in err


def test_nothing_to_resume_is_said(toy, call):
    code, err = call('train', toy, '--resume')
    assert code == 0 and re.search('nothing to resume in .*work', err)


def test_amp_reaches_each_optimizer(load_tool):
    from mmengine.config import Config
    cfg = Config(
        dict(
            optim_wrapper=dict(
                constructor='Any',
                generator=dict(optimizer=dict(type='Adam')),
                discriminator=dict(optimizer=dict(type='Adam')))))
    load_tool('train').enable_amp(cfg)
    for name in ('generator', 'discriminator'):
        assert cfg.optim_wrapper[name].type == 'AmpOptimWrapper'
    assert 'type' not in cfg.optim_wrapper


def test_seed_option(toy, call):
    work = toy.parent / 'work'
    assert call('train', toy, '--seed', 7, '--no-validate')[0] == 0
    found = torch.load(work / 'iter_12.pth', weights_only=True)
    assert found['meta']['seed'] == 7


def test_faults_of_the_program_keep_their_traceback():

    def main():
        raise ZeroDivisionError('a bug')

    with pytest.raises(ZeroDivisionError):
        cli.run(main)


def test_ctrl_c_is_no_traceback(capsys):

    def main():
        raise KeyboardInterrupt

    assert cli.run(main) == 130
    assert 'Ctrl-C' in capsys.readouterr().err
