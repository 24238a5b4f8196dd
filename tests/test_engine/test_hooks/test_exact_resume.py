"""Random states: there and back, and through a weights-only file."""
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from flexpose_mm.engine.hooks.exact_resume import (KEY, ExactResumeHook,
                                                   _SkippingIterator,
                                                   get_rng_state,
                                                   set_rng_state)


def draw():
    """One number from each stream, the Gaussian caches included."""
    return (random.random(), random.gauss(0, 1), np.random.rand(),
            np.random.randn(), torch.rand(1).item(), torch.randn(1).item())


def test_streams_go_on_after_a_file(tmp_path):
    random.gauss(0, 1), np.random.randn()  # fills the caches
    torch.save(get_rng_state(), tmp_path / 'rng.pth')
    expected = draw()
    draw()
    set_rng_state(torch.load(tmp_path / 'rng.pth', weights_only=True))
    assert draw() == expected


def test_validation_does_not_move_the_streams():
    hook, runner = ExactResumeHook(), SimpleNamespace()
    state = get_rng_state()
    expected = draw()
    set_rng_state(state)
    hook.before_val(runner)
    draw()
    checkpoint = {}
    hook.collect_states(runner)  # best checkpoint, saved in validation
    hook.before_save_checkpoint(runner, checkpoint)
    hook.after_val(runner)
    assert draw() == expected
    set_rng_state(checkpoint[KEY][0])
    assert draw() == expected


class Loop:
    """The parts of MMEngine's infinite iterator that skipping uses."""

    def __init__(self, workers):
        self._dataloader = SimpleNamespace(num_workers=workers)
        self._iterator = self
        self.indices, self.loaded = iter(range(10)), []

    def _next_index(self):
        return next(self.indices)

    def __next__(self):
        self.loaded.append(next(self.indices))
        return self.loaded[-1]


@pytest.mark.parametrize('workers, loaded', [(0, []), (2, [0, 1, 2])])
def test_skipping_loads_only_where_workers_need_it(workers, loaded):
    loop, finished = Loop(workers), []
    skipping = _SkippingIterator(loop, 3, finished.append)
    for _ in range(3):
        next(skipping)
    assert finished == [loop] and loop.loaded == loaded
    assert next(loop) == 3


def test_other_number_of_processes_is_said():
    lines = []
    runner = SimpleNamespace(logger=SimpleNamespace(warning=lines.append))
    hook = ExactResumeHook()
    hook.after_load_checkpoint(runner, {KEY: [{}, {}]})
    assert hook._own_state(runner) is None
    assert '2 processes, this run has 1' in lines[0]
