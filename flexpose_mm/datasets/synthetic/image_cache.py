"""Drawn images of synthetic persons, kept in a file for all runs."""
import hashlib
import os
import os.path as osp
from typing import Callable

import numpy as np
from mmengine.logging import print_log
from tqdm import tqdm

from ...io import file_hash

#: What decides on the look of given poses.
CODE = [osp.join(osp.dirname(osp.abspath(__file__)), f'{name}.py')
        for name in ('body', 'dataset', 'looks')]


def content_key(*parts) -> str:
    """16 hex digits of arrays and texts, and of the code that draws."""
    digest = hashlib.sha1()
    for path in CODE:
        digest.update(file_hash(path).encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f'{part.dtype} {part.shape}'.encode())
            part = np.ascontiguousarray(part).tobytes()
        digest.update(part if isinstance(part, bytes) else
                      repr(part).encode())
    return digest.hexdigest()[:16]


def cached_images(folder: str, key: str, count: int, size: int, joints: int,
                  draw: Callable[[int], dict]) -> np.ndarray:
    """Images of all samples, from a file or drawn into it.

    The file appears whole or not at all; processes that draw it at the same
    time write the same.

    Args:
        folder (str): Made if it is missing.
        key (str): Of :func:`content_key`; the name of the file.
        count (int): N, number of samples.
        size (int): S, side of an image in pixels.
        joints (int): K.
        draw (Callable): Number of a sample -> dict of img (S, S, 3) uint8
            and occluded (1, K) bool.

    Returns:
        np.ndarray: (N,) with the fields img and occluded (1, K), read from
        the disk as they are asked for.
    """
    path = osp.join(folder, f'{key}.npy')
    kind = np.dtype([('img', np.uint8, (size, size, 3)),
                     ('occluded', bool, (1, joints))])
    if osp.isfile(path):
        try:
            found = np.load(path, mmap_mode='r', allow_pickle=False)
            if found.dtype == kind and found.shape == (count, ):
                return found
        except ValueError:
            pass
        print_log(f'synthetic images: {path} is damaged and made again',
                  logger='current')
    os.makedirs(folder, exist_ok=True)
    _write(path, kind, count, draw)
    return np.load(path, mmap_mode='r', allow_pickle=False)


def _write(path: str, kind: np.dtype, count: int, draw: Callable) -> None:
    """Draw into a file beside ``path``, then rename it."""
    temporary = f'{path}.tmp-{os.getpid()}'
    try:
        file = np.lib.format.open_memmap(temporary, 'w+', kind, (count, ))
        for row in tqdm(range(count), f'drawing {osp.basename(path)}'):
            made = draw(row)
            file[row] = made['img'], made['occluded']
        file.flush()
        os.replace(temporary, path)
    finally:
        if osp.exists(temporary):
            os.remove(temporary)
