"""From poses to scores and bins, with a cache."""
import hashlib
import json
import os
import os.path as osp
import zipfile
from typing import Callable, NamedTuple, Optional, Tuple

import numpy as np
import torch

from flexpose_mm.checkpoints import weights_hash
from flexpose_mm.errors import UserError
from flexpose_mm.evaluation.functional.difficulty_bins import (NUM_BINS,
                                                               equal_bins)
from flexpose_mm.io import atomic_write
from .functional import usable_poses
from .pose_vae import PoseVAE
from .training import train_pose_vae

VERSION = 1  # changes with everything that changes scores


class Difficulty(NamedTuple):
    """Scores of the items of a dataset.

    Attributes:
        scores (np.ndarray): (N,) float64, see ``PoseVAE.score``; the median
            for items that cannot be scored.
        bins (np.ndarray): (N,) int64, 0 = easiest.
        num_bins (int): Number of bins.
        unscored (int): Items with the median: too few joints in view.
        key (str): 16 hex digits that name poses and settings.
    """
    scores: np.ndarray
    bins: np.ndarray
    num_bins: int
    unscored: int
    key: str


def check_finite(poses: np.ndarray, visible: np.ndarray,
                 where: str) -> None:
    """Raise UserError for NaN or inf in visible joints."""
    for first in range(0, len(poses), 65536):
        rows = slice(first, first + 65536)
        bad = (~np.isfinite(poses[rows]).all(-1) & (visible[rows] > 0)).any(1)
        if bad.any():
            row = first + int(bad.argmax())
            raise UserError(
                where, f'keypoints[{row}]', poses[row].tolist(),
                'NaN or inf in a visible joint; remove the pose or mark the '
                'joint invisible')


def find_usable(poses: np.ndarray, visible: np.ndarray, num_bins: int,
                where: str) -> np.ndarray:
    """(N,) bool: poses with a score of their own.

    Raises:
        UserError: NaN or inf, or fewer of them than bins.
    """
    check_finite(poses, visible, where)
    usable = np.concatenate([
        usable_poses(
            torch.from_numpy(poses[i:i + 65536]),
            torch.from_numpy(visible[i:i + 65536])).numpy()
        for i in range(0, len(poses), 65536)
    ] or [np.zeros(0, bool)])
    if usable.sum() < num_bins:
        raise UserError(
            where, 'usable poses', int(usable.sum()),
            f'at least {num_bins}, one per bin, are needed of the '
            f'{len(poses)} given: half of the joints visible and not all in '
            'one place; give more poses, or a lower num_bins')
    return usable


def rate_difficulty(vae: PoseVAE, poses: np.ndarray, visible: np.ndarray,
                    usable: np.ndarray, owner: np.ndarray,
                    num_items: int) -> Tuple[np.ndarray, int]:
    """Scores of items: the mean over their usable poses.

    Args:
        vae (PoseVAE): Trained.
        poses (np.ndarray): (M, K, 2).
        visible (np.ndarray): (M, K).
        usable (np.ndarray): (M,) bool.
        owner (np.ndarray): (M,) item of each pose.
        num_items (int): N.

    Returns:
        tuple: scores (N,) float64, the median of the others for an item
        without a usable pose; number of such items.
    """
    if usable.all():  # no copy of a large set
        usable = slice(None)
    rows = owner[usable]
    count = np.bincount(rows, minlength=num_items)
    total = np.bincount(rows, vae.score(poses[usable], visible[usable]),
                        minlength=num_items)
    scores = total / np.maximum(count, 1)
    scores[count == 0] = np.median(scores[count > 0])
    return scores, int((count == 0).sum())


def content_key(poses, visible, owner, settings: dict) -> str:
    """16 hex digits of everything that scores depend on."""
    digest = hashlib.sha1(json.dumps(settings, sort_keys=True).encode())
    for array in (poses, visible, owner):
        array = np.ascontiguousarray(array)
        digest.update(f'{array.dtype} {array.shape}'.encode())
        digest.update(memoryview(array).cast('B'))
    return digest.hexdigest()[:16]


def cached_difficulty(poses: np.ndarray,
                      visible: np.ndarray,
                      owner: Optional[np.ndarray] = None,
                      num_items: Optional[int] = None,
                      vae: Optional[dict] = None,
                      checkpoint: Optional[str] = None,
                      train: Optional[dict] = None,
                      num_bins: int = NUM_BINS,
                      folder: Optional[str] = None,
                      save_vae: Optional[str] = None,
                      where: str = 'difficulty',
                      log: Callable = lambda line: None) -> Difficulty:
    """Train or load the VAE, score, bin; or read all that from the cache.

    Args:
        poses (np.ndarray): (M, K, 2) float32, any unit.
        visible (np.ndarray): (M, K) float32, > 0 = present.
        owner (np.ndarray, optional): (M,) item of each pose; an item with
            several scores their mean. None: pose m is item m.
        num_items (int, optional): N; None: M.
        vae (dict, optional): Arguments of ``PoseVAE`` but ``num_joints``.
        checkpoint (str, optional): A trained VAE, in the place of ``vae``.
        train (dict, optional): Arguments of ``train_pose_vae``.
        num_bins (int): Number of bins.
        folder (str, optional): Of the cache: ``<key>.npz`` and, if trained
            here, ``vae_<key>.pth``. None: no cache.
        save_vae (str, optional): Another file for a VAE trained here.
        where (str): Named in messages.
        log (Callable): Gets lines of progress.

    Returns:
        Difficulty: Of the items.

    Raises:
        UserError: See ``find_usable``; a checkpoint of other joints; poses
            all equal.
    """
    owner = np.arange(len(poses)) if owner is None else owner
    num_items = len(poses) if num_items is None else num_items
    model = None if checkpoint is None else PoseVAE.from_file(checkpoint)
    if model is not None:
        model.check_joints(poses, f'joints of {where}')
    settings = dict(version=VERSION, train=train or {}, num_bins=num_bins,
                    num_items=num_items,
                    vae=vae or {} if model is None else weights_hash(model))
    if folder is not None:
        os.makedirs(folder, exist_ok=True)
    key = content_key(poses, visible, owner, settings)
    path = None if folder is None else osp.join(folder, f'{key}.npz')
    found = path and read_difficulty(path, key, log)
    if found:
        log(f'difficulty: {len(found.scores)} scores read from {path}')
        return found
    usable = find_usable(poses, visible, num_bins, where)
    if model is None:
        model = PoseVAE(num_joints=poses.shape[1], **(vae or {}))
        train_pose_vae(model, poses[usable], visible[usable], log=log,
                       **(train or {}))
        _save(model, save_vae, folder, key)
    scores, unscored = rate_difficulty(model, poses, visible, usable, owner,
                                       num_items)
    made = Difficulty(scores, equal_bins(scores, num_bins), num_bins,
                      unscored, key)
    if path is not None:
        write_difficulty(path, made)
        log(f'difficulty: {len(scores)} scores written to {path}')
    return made


def _save(model: PoseVAE, path: Optional[str], folder: Optional[str],
          key: str) -> None:
    """Keep a VAE that was trained here, at ``path`` or in the cache."""
    if path is None and folder is not None:
        path = osp.join(folder, f'vae_{key}.pth')
    if path is not None:
        model.save(path)


def write_difficulty(path: str, difficulty: Difficulty) -> None:
    """An .npz file of scores and bins, whole or absent."""
    with atomic_write(path) as file:
        np.savez(file, **difficulty._asdict())


def read_difficulty(path: str, key: str,
                    log: Callable) -> Optional[Difficulty]:
    """Scores of a cache file; None, said in the log, if it is damaged."""
    if not osp.isfile(path):
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            found = Difficulty(
                file['scores'], file['bins'], int(file['num_bins']),
                int(file['unscored']), str(file['key']))
    except (OSError, ValueError, KeyError, EOFError,
            zipfile.BadZipFile) as error:
        log(f'difficulty: {path} is damaged ({error}) and made again')
        return None
    return found if found.key == key else None
