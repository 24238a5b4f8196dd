"""The folder of a run: what it was run with, and what came out."""
import dataclasses
import functools
import hashlib
import json
import os
import os.path as osp
import subprocess
from typing import Dict, Optional

import numpy as np

from .. import __version__
from ..errors import UserError
from ..io import atomic_write, file_hash, write_atomically
from ..loading import nodes
from .grid import Run

FILE_FIELDS = ('checkpoint', 'ann_file', 'weights', 'load_from')
LOG_FIELDS = ('log_metric_by_epoch', )  # of no influence on results


@functools.lru_cache(maxsize=None)
def _digest(path: str, size: int, changed: int) -> str:
    return file_hash(path)


def files_of(cfg) -> Dict[str, str]:
    """Files that a config reads: path -> 12 hex digits of their sha1."""
    found = {}
    for node in nodes(cfg.to_dict()):
        for field in FILE_FIELDS:
            path = node.get(field)
            if not isinstance(path, str):
                continue
            path = osp.join(node.get('data_root') or '', path)
            if osp.isfile(path):
                info = os.stat(path)
                found[path] = _digest(path, info.st_size, info.st_mtime_ns)
    return found


def fingerprint(run: Run) -> str:
    """16 hex digits of all that a run's result depends on.

    The config but for ``LOG_FIELDS``, the number of poses, and the content
    of the files that the config names; not the code, whose revision stands in
    the result.
    """
    tree = dict(cfg=run.cfg.to_dict(), num=run.num, files=files_of(run.cfg))
    for node in nodes(tree['cfg']):
        for field in LOG_FIELDS:
            node.pop(field, None)
    text = json.dumps(tree, sort_keys=True, default=str)
    return hashlib.sha1(text.encode()).hexdigest()[:16]


def revision() -> str:
    """Git's description of the code, or the package's version."""
    folder = osp.dirname(osp.abspath(__file__))
    done = subprocess.run(
        ['git', '-C', folder, 'describe', '--always', '--dirty'],
        capture_output=True, text=True)  # yapf: disable
    return done.stdout.strip() or f'version {__version__}'


class RunFolder:
    """Reads and writes the files of one run, whole or not at all.

    Args:
        run (Run): The run.
        out (str): Folder of the comparison.
    """

    def __init__(self, run: Run, out: str):
        self.run, self.path = run, osp.join(out, 'runs', run.name)

    def file(self, name: str) -> str:
        """Path of a file in it."""
        return osp.join(self.path, name)

    def write(self, name: str, content: dict) -> None:
        """Write JSON atomically."""
        write_atomically(
            self.file(name), json.dumps(content, indent=1).encode())

    def read(self, name: str) -> Optional[dict]:
        """Read JSON; None if there is no such file.

        Raises:
            UserError: It is damaged.
        """
        if not osp.isfile(self.file(name)):
            return None
        try:
            with open(self.file(name)) as file:
                return json.load(file)
        except ValueError as error:
            raise UserError(self.file(name), 'content', str(error),
                            'damaged; delete this folder to run it '
                            'again') from error

    def check(self) -> None:
        """Refuse the remains of a run with another config.

        Raises:
            UserError: Saying what to do.
        """
        begun = self.read('run.json')
        own = fingerprint(self.run)
        if begun is not None and begun['fingerprint'] != own:
            raise UserError(
                self.path, 'fingerprint', begun['fingerprint'],
                f'the run was made with another config or other files (now '
                f'{own}); delete this folder to run it anew, or give another '
                '--out')

    def begin(self) -> None:
        """Say with what the run is made."""
        known = {
            field.name: getattr(self.run, field.name)
            for field in dataclasses.fields(self.run) if field.name != 'cfg'
        }
        self.write('run.json', dict(known, fingerprint=fingerprint(self.run)))

    def finish(self, result: dict, arrays: Dict[str, np.ndarray]) -> None:
        """Write arrays, then the result, which marks the run as finished."""
        with atomic_write(self.file('arrays.npz')) as file:
            np.savez_compressed(file, **arrays)
        self.write('rows.json', result)
        if osp.exists(self.file('failed.txt')):
            os.remove(self.file('failed.txt'))

    def result(self) -> Optional[dict]:
        """What ``finish`` wrote, or None; see :meth:`check`."""
        self.check()
        return self.read('rows.json')

    def arrays(self) -> Dict[str, np.ndarray]:
        """``poses``, ``images`` and, of controls, those of the target."""
        with np.load(self.file('arrays.npz'), allow_pickle=False) as found:
            return dict(found)
