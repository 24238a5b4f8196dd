"""All runs of a comparison, one after the other."""
import os
import os.path as osp
import sys
import threading
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Callable, Dict, Sequence

import torch
from tqdm import tqdm

from .. import cli
from .grid import Run
from .run import execute
from .store import RunFolder


def run_all(runs: Sequence[Run],
            out: str,
            call: Callable,
            after: Callable[[], None] = lambda: None) -> Dict[str, str]:
    """Make the runs that are not finished; a failed one stops no other.

    Args:
        runs (Sequence[Run]): In this order.
        out (str): Folder of the comparison.
        call (Callable): Calls ``execute(run, out)``; see
            :func:`in_own_process`.
        after (Callable): Called after each run, to write tables.

    Returns:
        dict[str, str]: Name of each failed run -> why. The traceback is in
        its ``failed.txt``.

    Raises:
        UserError: A finished run was made with another config.
    """
    todo = [run for run in runs if RunFolder(run, out).result() is None]
    failed = {}
    with tqdm(total=len(runs), initial=len(runs) - len(todo),
              unit='run') as bar:
        for run in todo:
            bar.set_postfix_str(run.name)
            try:
                call(execute, run, out)
            except Exception as error:
                failed[run.name] = _note_failure(run, out, error)
                bar.write(f'{run.name} failed: {failed[run.name]}')
            bar.update()
            after()
    return failed


def _note_failure(run: Run, out: str, error: Exception) -> str:
    """Keep the traceback; return one sentence."""
    path = RunFolder(run, out).file('failed.txt')
    os.makedirs(osp.dirname(path), exist_ok=True)
    with open(path, 'w') as file:
        file.write(''.join(
            traceback.format_exception(type(error), error,
                                       error.__traceback__)))
    if isinstance(error, BrokenProcessPool):
        return 'its process was killed; if memory ran out, give it more'
    return cli.explain(error) or f'{type(error).__name__}: {error}'


def in_own_process(function: Callable, run: Run, out: str) -> None:
    """Call ``function(run, out)`` in a process of its own.

    So peak memory is the run's, and a crash is the run's, too. Without CUDA
    the processes are forked from a server that has imported the package;
    with it every process starts afresh, since CUDA does not survive a fork.
    What the run prints goes to ``output.txt`` in its folder.
    """
    context = get_context('spawn' if torch.cuda.is_available() else
                          'forkserver')
    if context.get_start_method() == 'forkserver':
        context.set_forkserver_preload(['flexpose_mm.comparison.schedule'])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_logged, function, run, out).result()


def _logged(function: Callable, run: Run, out: str) -> None:
    """In the child: print to a file, and do not outlive the parent."""

    def watch():
        parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    path = RunFolder(run, out).file('output.txt')
    os.makedirs(osp.dirname(path), exist_ok=True)
    with open(path, 'a') as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    function(run, out)
