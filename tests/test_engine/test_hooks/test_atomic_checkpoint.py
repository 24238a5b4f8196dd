"""Files are whole or absent."""
import errno
import os

import pytest

from flexpose_mm.engine.hooks.atomic_checkpoint import (AtomicCheckpointHook,
                                                        AtomicLocalBackend)
from flexpose_mm.io import write_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / 'deep/er/file.pth'
    write_atomically(str(path), b'old')
    write_atomically(str(path), b'new')
    assert path.read_bytes() == b'new'
    assert os.listdir(path.parent) == ['file.pth']


@pytest.mark.parametrize('step', ['fsync', 'replace'])
def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / 'file.pth'
    path.write_bytes(b'old')

    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match='No space'):
        AtomicLocalBackend().put(b'new', path)
    assert path.read_bytes() == b'old'
    assert os.listdir(tmp_path) == ['file.pth']


def test_a_killed_writers_leftover_is_removed(tmp_path):
    (tmp_path / '.123.file.pth.part').write_bytes(b'half')
    AtomicLocalBackend().put_text('whole', tmp_path / 'file.pth')
    assert (tmp_path / 'file.pth').read_text() == 'whole'
    assert os.listdir(tmp_path) == ['file.pth']


def test_other_backends_are_refused():
    with pytest.raises(ValueError, match='local files only'):
        AtomicCheckpointHook(backend_args=dict(backend='petrel'))
