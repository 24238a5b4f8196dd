"""A tiny config and a way to run the tools in this process or another."""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.visualization import Visualizer

from flexpose_mm import cli

HERE = Path(__file__).parent
TEXT = """
custom_imports = dict(
    imports=['flexpose_mm', 'toy_plugin'], allow_failed_imports=False)
default_scope = 'mmpose'
model = dict(type='ToyModel')
loader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(type='ToyDataset'))
train_dataloader = loader
val_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='ToyDataset'))
test_dataloader = val_dataloader
val_evaluator = dict(type='ToyMetric')
test_evaluator = val_evaluator
train_cfg = dict(type='IterBasedTrainLoop', max_iters=12, val_interval=3)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(optimizer=dict(type='Adam', lr=0.01))
param_scheduler = [dict(type='LinearLR', end=10, by_epoch=False)]
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=2),
    checkpoint=dict(
        type='AtomicCheckpointHook',
        by_epoch=False,
        interval=3,
        max_keep_ckpts=1))
custom_hooks = [dict(type='ExactResumeHook')]
log_processor = dict(by_epoch=False)
randomness = dict(seed=3)
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Path of the config; its work directory is ``tmp_path / 'work'``."""
    monkeypatch.syspath_prepend(str(HERE))
    path = tmp_path / 'toy.py'
    path.write_text(TEXT + f'work_dir = {str(tmp_path / "work")!r}\n')
    return path


def load_script(folder, name):
    """Import a file of a folder of the repository as a module."""
    path = HERE.parents[1] / folder / f'{name}.py'
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))  # as when it is started
        spec = importlib.util.spec_from_file_location(f'{folder}_{name}', path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def load_tool():
    """Import a file of tools/ as a module."""
    return lambda name: load_script('tools', name)


@pytest.fixture(scope='session')
def load_benchmark():
    """Import a file of benchmarks/ as a module."""
    return lambda name: load_script('benchmarks', name)


@pytest.fixture
def runs_of(monkeypatch):
    """Call ``main`` of a benchmark, all in this process: names of the runs
    that it made."""
    monkeypatch.setattr(Runner, '_log_env', lambda *_: None)

    def run(main, *args):
        done = []

        def call(function, run, out):
            for manager in (MMLogger, MessageHub, Visualizer):
                manager._instance_dict.clear()
            done.append(run.name)
            function(run, out)

        main([str(arg) for arg in args], call)
        return done

    return run


@pytest.fixture
def call(load_tool, monkeypatch, capfd):
    """Run a tool in this process: (exit code, stderr)."""

    def run(name, *args):
        tool = load_tool(name)
        for manager in (MMLogger, MessageHub, Visualizer, DefaultScope):
            manager._instance_dict.clear()  # as in a process of its own
        capfd.readouterr()
        code = cli.run(lambda: tool.main([str(arg) for arg in args]))
        return code, capfd.readouterr().err

    monkeypatch.setenv('LOCAL_RANK', '0')
    return run


@pytest.fixture
def call_forked(call):
    """Run a tool in a forked process: its exit code, -9 if killed."""

    def run(*args):
        child = os.fork()
        if child == 0:
            os._exit(call(*args)[0])
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    return run


@pytest.fixture
def shell():
    """Run a command of the repository in a process of its own."""

    def run(*args):
        env = dict(
            os.environ,
            PYTHONPATH=str(HERE),
            OMP_NUM_THREADS='1',
            PYTHONWARNINGS='ignore',
            PYTHON=sys.executable,
            CUDA_VISIBLE_DEVICES='')
        return subprocess.run(
            [str(arg) for arg in args],
            cwd=HERE.parents[1],
            env=env,
            capture_output=True,
            text=True)

    return run
