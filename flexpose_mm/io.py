"""Pose files: COCO-keypoint JSON and npz, streamed and replaced atomically.

In npz files ``keypoints`` (n, K, 2) are canvas coordinates in [-1, 1]; in
JSON they are image pixels of a canvas of ``size`` pixels, centre of the
top-left pixel = (0, 0): pixel = (canvas + 1) * size / 2 - 0.5.
"""
import contextlib
import glob
import hashlib
import json
import os
import os.path as osp
import tempfile
import zipfile
from typing import Iterable, Iterator, NamedTuple

import numpy as np

from .errors import UserError
from .skeletons import Skeleton, get_skeleton

SUFFIXES = ('.json', '.npz')
_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal poses make equal bytes


class PoseFile(NamedTuple):
    """A pose file in memory.

    Attributes:
        keypoints (np.ndarray): (n, K, 2) float32 canvas coordinates.
        scores (np.ndarray): (n, K) float32 confidences.
        meta (dict): skeleton, fingerprint, size, seed, ...
    """
    keypoints: np.ndarray
    scores: np.ndarray
    meta: dict


def canvas_to_pixels(points: np.ndarray, size: int) -> np.ndarray:
    """Canvas coordinates to image pixels of a canvas of ``size`` px."""
    return (points + 1) * (size / 2) - 0.5


def pixels_to_canvas(points: np.ndarray, size: int) -> np.ndarray:
    """Inverse of :func:`canvas_to_pixels`."""
    return (points + 0.5) * (2 / size) - 1


def check_output(path: str, suffixes=SUFFIXES, where='command line') -> None:
    """Refuse a file that could not be written in the end.

    Raises:
        UserError: Unknown suffix; folder missing or not writable.
    """
    folder = osp.dirname(osp.abspath(path))
    if osp.splitext(path)[1] not in suffixes:
        raise UserError(where, 'out', path,
                        f'the name must end in one of {", ".join(suffixes)}')
    if not osp.isdir(folder):
        raise UserError(where, 'out', path,
                        f'the folder {folder} does not exist; create it')
    if osp.isdir(path):
        raise UserError(where, 'out', path, 'it is a folder; name a file')
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(where, 'out', path,
                        f'the folder {folder} is not writable '
                        f'({error.strerror}); choose another') from None


def file_hash(path: str) -> str:
    """12 hex digits of the content's sha1."""
    digest = hashlib.sha1()
    with open(path, 'rb') as f:
        for chunk in iter(lambda: f.read(1 << 20), b''):
            digest.update(chunk)
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def atomic_write(path: str, mode: str = 'wb'):
    """A file that appears under its name whole or not at all.

    A kill at any moment, or a full disk, leaves the old file as it was. Of
    several processes that write one file, the last has its way.

    Args:
        path (str): Final name.
        mode (str): 'wb' or 'w'.

    Raises:
        OSError: The folder cannot be written, or the disk is full.
    """
    temporary = _unfinished(path, os.getpid())
    try:
        with open(temporary, mode) as f:
            yield f
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)


def _unfinished(path: str, process) -> str:
    """Where a process writes what is to be ``path``."""
    folder, name = osp.split(path)
    return osp.join(folder, f'.{process}.{name}.part')


def write_atomically(path: str, data: bytes) -> None:
    """Write bytes by :func:`atomic_write`, making folders as needed.

    Args:
        path (str): The file to create or to replace.
        data (bytes): Its new content.

    Raises:
        OSError: See :func:`atomic_write`.
    """
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    with atomic_write(path) as f:
        f.write(data)


def remove_unfinished(path: str) -> None:
    """Remove what killed writers of a file left, which must have no other
    writer at that time."""
    for left in glob.glob(_unfinished(glob.escape(path), '*')):
        os.remove(left)


def stream_array(archive: zipfile.ZipFile, name: str, shape: tuple,
                 chunks: Iterable[np.ndarray]) -> None:
    """One uncompressed float32 array of an npz, chunk by chunk."""
    header = dict(descr='<f4', fortran_order=False, shape=shape)
    info = zipfile.ZipInfo(f'{name}.npy', _EPOCH)
    with archive.open(info, 'w', force_zip64=True) as f:
        np.lib.format.write_array_header_1_0(f, header)
        for chunk in chunks:
            f.write(np.ascontiguousarray(chunk, '<f4').tobytes())


def write_npz(path: str, n: int, rows, meta: dict) -> None:
    """Write keypoints and scores without holding them in memory.

    Args:
        path (str): The ``.npz`` file.
        n (int): Number of poses.
        rows (Callable): Gives an iterator over (keypoints (B, K, 2) canvas,
            scores (B, K)) chunks of n poses in all; called twice.
        meta (dict): Plain values; becomes the text array ``meta``.
    """
    k = get_skeleton(meta['skeleton']).num_joints
    with atomic_write(path) as f, zipfile.ZipFile(f, 'w') as archive:
        stream_array(archive, 'keypoints', (n, k, 2),
                     (points for points, _ in rows()))
        stream_array(archive, 'scores', (n, k),
                     (scores for _, scores in rows()))
        text = np.array(json.dumps(meta, sort_keys=True))
        with archive.open(zipfile.ZipInfo('meta.npy', _EPOCH), 'w') as entry:
            np.lib.format.write_array(entry, text, allow_pickle=False)


def coco_category(skeleton: Skeleton) -> dict:
    """COCO's person category with this skeleton (limbs count from 1)."""
    return dict(
        id=1,
        name='person',
        supercategory='person',
        keypoints=list(skeleton.joints),
        skeleton=[[a + 1, b + 1] for a, b in skeleton.limbs])


def coco_annotation(number: int, pixels: np.ndarray,
                    scores: np.ndarray) -> dict:
    """COCO annotation of one pose.

    Args:
        number (int): Its id and that of its virtual image.
        pixels (np.ndarray): (K, 2) image pixels.
        scores (np.ndarray): (K,).
    """
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    width, height = (high - low).tolist()
    flat = np.concatenate([pixels, np.full_like(pixels[:, :1], 2)], axis=1)
    return dict(
        id=number,
        image_id=number,
        category_id=1,
        keypoints=[round(v, 3) for v in flat.ravel().tolist()],
        num_keypoints=len(pixels),
        bbox=[round(v, 3) for v in (*low.tolist(), width, height)],
        area=round(width * height, 3),
        iscrowd=0,
        keypoint_scores=[round(v, 4) for v in scores.tolist()])


def _poses_one_by_one(rows) -> Iterator[tuple]:
    number = 0
    for points, scores in rows():
        for pose, score in zip(points, scores):
            number += 1
            yield number, pose, score


def write_coco(path: str, n: int, rows, meta: dict) -> None:
    """Write a COCO-keypoint JSON; arguments as :func:`write_npz`.

    Images are virtual (``generated/00000001.png``): their skeleton images
    can be drawn from the poses at any time.
    """
    skeleton, size = get_skeleton(meta['skeleton']), meta['size']
    head = dict(info=meta, licenses=[], categories=[coco_category(skeleton)])
    with atomic_write(path, 'w') as f:
        f.write(json.dumps(head, sort_keys=True)[:-1] + ', "images": [')
        for number in range(1, n + 1):
            image = dict(
                id=number,
                file_name=f'generated/{number:08d}.png',
                width=size,
                height=size)
            f.write((',\n' if number > 1 else '\n') + json.dumps(image))
        f.write('], "annotations": [')
        for number, pose, score in _poses_one_by_one(rows):
            pixels = canvas_to_pixels(pose.astype(np.float64), size)
            note = coco_annotation(number, pixels, score)
            f.write((',\n' if number > 1 else '\n') + json.dumps(note))
        f.write(']}\n')


def write_poses(path: str, n: int, rows, meta: dict) -> None:
    """Write ``.npz`` or ``.json`` by the name's suffix."""
    check_output(path, where=path)
    writer = write_npz if path.endswith('.npz') else write_coco
    writer(path, n, rows, meta)


def _read_npz(path: str) -> PoseFile:
    with np.load(path, allow_pickle=False) as file:
        meta = json.loads(str(file['meta']))
        return PoseFile(file['keypoints'], file['scores'], meta)


def _read_coco(path: str) -> PoseFile:
    with open(path) as f:
        data = json.load(f)
    meta, notes = data['info'], data['annotations']
    k = get_skeleton(meta['skeleton']).num_joints
    triples = np.array([a['keypoints'] for a in notes], np.float64)
    pixels = triples.reshape(-1, k, 3)[..., :2]
    scores = np.array([a['keypoint_scores'] for a in notes], np.float32)
    canvas = pixels_to_canvas(pixels, meta['size']).astype(np.float32)
    return PoseFile(canvas, scores.reshape(-1, k), meta)


def read_poses(path: str) -> PoseFile:
    """Read a file of :func:`write_poses`.

    Raises:
        UserError: Missing, damaged, or of another making.
    """
    check = osp.splitext(path)[1]
    if check not in SUFFIXES or not osp.isfile(path):
        raise UserError('read_poses', 'path', path,
                        'no such .json or .npz file; make one with '
                        'tools/generate_poses.py')
    try:
        return _read_npz(path) if check == '.npz' else _read_coco(path)
    except (KeyError, ValueError, TypeError, OSError, EOFError,
            zipfile.BadZipFile) as error:
        raise UserError(
            path, 'content', type(error).__name__,
            'damaged or not written by tools/generate_poses.py; make it '
            f'again ({error})') from None
