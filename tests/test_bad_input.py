"""Every mistake ends before training, in one sentence, without traceback."""
import errno
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.logging import MessageHub, MMLogger
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.visualization import Visualizer

from bad_input_cases import CASES
from bad_input_files import make_files
from flexpose_mm import cli

REPO = Path(__file__).resolve().parents[1]
SUBPROCESS = ('NaN', 'resume with code', 'generate from nothing')


@pytest.fixture(scope='module')
def files(tmp_path_factory) -> Path:
    """Folder of poses and checkpoints, written once."""
    folder = tmp_path_factory.mktemp('files')
    make_files(folder)
    return folder


@pytest.fixture
def steps(monkeypatch) -> list:
    """Grows by one entry with every training step."""
    done, update = [], OptimWrapper.update_params

    def count(self, *args, **kwargs):
        done.append(1)
        return update(self, *args, **kwargs)

    monkeypatch.setattr(OptimWrapper, 'update_params', count)
    monkeypatch.setattr(Runner, '_log_env', lambda *_: None)  # half a second
    return done


def break_disk(fault: str, monkeypatch) -> None:
    """Let writing fail as on a full or read-only disk."""
    code = getattr(errno, fault.split()[0])
    fsync = os.fsync

    def fail(fd):
        path = os.readlink(f'/proc/self/fd/{fd}')
        if 'later' not in fault or path.endswith('.pth.part'):
            raise OSError(code, os.strerror(code), path)
        fsync(fd)

    monkeypatch.setattr(os, 'fsync', fail)


def run_here(tool: str, args: list):
    """Exit code, stdout and stderr come from pytest's capture."""
    path = REPO / 'tools' / f'{tool}.py'
    spec = importlib.util.spec_from_file_location(f'bad_{tool}', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for manager in (MMLogger, MessageHub, Visualizer, DefaultScope):
        manager._instance_dict.clear()  # as in a process of its own
    return cli.run(lambda: module.main(args))


def run_apart(tool: str, args: list):
    """The tool in a process of its own: code, stdout, stderr."""
    env = dict(os.environ, PYTHONPATH=str(REPO), OMP_NUM_THREADS='1',
               PYTHONWARNINGS='ignore', CUDA_VISIBLE_DEVICES='')
    done = subprocess.run(
        [sys.executable, REPO / 'tools' / f'{tool}.py', *args], env=env,
        cwd=args[0].rsplit('/', 1)[0], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize('name', CASES)
def test_a_mistake_is_one_sentence(name, files, tmp_path, capfd, steps,
                                   monkeypatch):
    case = CASES[name]
    monkeypatch.setenv('LOCAL_RANK', '0')
    for file in files.iterdir():
        link = os.symlink if file.is_dir() else os.link
        link(file, tmp_path / file.name)
    config = tmp_path / 'config.py'
    config.write_text(
        (case.config + case.change).replace('$', str(tmp_path)))
    args = case.args.replace('$', str(tmp_path)).split()
    if not args or not args[0].endswith('.py'):
        args = [str(config), *args]
    kept = tmp_path / 'work' / 'iter_1.pth'
    if 'later' in case.fault:  # of an earlier run
        kept.parent.mkdir()
        shutil.copy(files / 'adapter.pth', kept)
    if case.fault:
        break_disk(case.fault, monkeypatch)
    if name in SUBPROCESS:
        code, out, err = run_apart(case.tool, args)
    else:
        capfd.readouterr()
        code = run_here(case.tool, args)
        out, err = capfd.readouterr()
    lines = [line for line in err.splitlines() if line.startswith('error:')]
    assert code == 2 and len(lines) == 1, err
    assert all(word in lines[0] for word in case.words), lines[0]
    assert 'Traceback' not in err + out
    assert not (tmp_path / 'executed').exists()  # code in a pickle
    if 'later' in case.fault:
        same = (files / 'adapter.pth').read_bytes()
        assert kept.read_bytes() == same  # the old one is whole
        assert not list(kept.parent.glob('.*'))
    else:
        assert not steps and 'Iter(train)' not in out + err
        assert not list((tmp_path / 'work').glob('**/*.pth'))


def test_there_are_enough_cases():
    assert len(CASES) >= 30
