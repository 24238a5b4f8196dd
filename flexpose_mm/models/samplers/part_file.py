"""An append-only file of sampled blocks that survives SIGKILL."""
import json
import os
import struct
import zlib
from typing import Iterator, Tuple

import numpy as np

from flexpose_mm.errors import UserError

_HEAD = struct.Struct('<8sI')  # magic, length of the identity text
_BLOCK = struct.Struct('<II')  # crc32 of the rows, rejected draws
_MAGIC = b'FLXPOSE1'


class PartFile:
    """Blocks of poses with their scores, appended and read in order.

    A block is written with its checksum; one that was cut off by a kill is
    dropped when the file is opened again.

    Args:
        path (str): The file.
        identity (dict): What the blocks depend on (seed, checkpoint, ...); a
            file of another identity is not continued.
        batch_size (int): Poses in a block.
        num_joints (int): K.
        resume (bool): Continue an existing file; else start anew.

    Raises:
        UserError: The file is of another run or no such file.
    """

    def __init__(self, path: str, identity: dict, batch_size: int,
                 num_joints: int, resume: bool):
        self.path, self.shape = path, (batch_size, num_joints, 3)
        self.block_bytes = _BLOCK.size + 4 * int(np.prod(self.shape))
        text = json.dumps(identity, sort_keys=True).encode()
        self.start = _HEAD.size + len(text)
        self.rejected = self.blocks = 0
        if resume and os.path.exists(path):
            self._continue(text)
        else:
            with open(path, 'wb') as f:
                f.write(_HEAD.pack(_MAGIC, len(text)) + text)

    def _continue(self, text: bytes) -> None:
        """Check whose file it is and cut off an unfinished block."""
        with open(self.path, 'rb') as f:
            head = f.read(_HEAD.size)
            whole = len(head) == _HEAD.size
            magic, length = _HEAD.unpack(head) if whole else (b'', 0)
            found = f.read(length)
        if magic != _MAGIC or found != text:
            raise UserError(
                self.path, '--resume', found.decode(errors='replace'),
                'it was begun with another config, checkpoint, seed or '
                'batch size; use the same ones, or leave out --resume to '
                'start anew')
        for rejected, _ in self._read():
            self.rejected += rejected
            self.blocks += 1
        with open(self.path, 'r+b') as f:
            f.truncate(self.start + self.blocks * self.block_bytes)

    def append(self, keypoints: np.ndarray, scores: np.ndarray,
               rejected: int) -> None:
        """Add a whole block: (B, K, 2) and (B, K)."""
        rows = np.concatenate([keypoints, scores[..., None]], axis=-1)
        if rows.shape != self.shape:
            raise ValueError(f'block of {rows.shape}, not {self.shape}')
        body = rows.astype('<f4').tobytes()
        with open(self.path, 'ab') as f:
            f.write(_BLOCK.pack(zlib.crc32(body), rejected) + body)
        self.rejected += rejected
        self.blocks += 1

    def _read(self) -> Iterator[Tuple[int, np.ndarray]]:
        """(rejected, rows) of each whole block, up to the first torn one."""
        with open(self.path, 'rb') as f:
            f.seek(self.start)
            while True:
                record = f.read(self.block_bytes)
                if len(record) < self.block_bytes:
                    return
                crc, rejected = _BLOCK.unpack_from(record)
                body = record[_BLOCK.size:]
                if zlib.crc32(body) != crc:
                    return
                yield rejected, np.frombuffer(body, '<f4').reshape(self.shape)

    def rows(self, n: int) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
        """(keypoints (B, K, 2), scores (B, K)) of the first n poses."""
        for _, rows in self._read():
            rows = rows[:n]
            if not len(rows):
                return
            yield rows[..., :2], rows[..., 2]
            n -= len(rows)

    def rejected_in(self, blocks: int) -> int:
        """Rejected draws of the first ``blocks`` blocks."""
        counts = (rejected for rejected, _ in self._read())
        return sum(r for _, r in zip(range(blocks), counts))

    def remove(self) -> None:
        """Delete the file once its content stands elsewhere."""
        os.remove(self.path)
