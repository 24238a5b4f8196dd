"""Difficulty of the poses of any annotation file, as a table."""
import csv
import io
import json
import os.path as osp
from typing import Callable, NamedTuple, Optional, Union

import numpy as np
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from . import cli
from .datasets.datasets.array_file import ArrayFile
from .datasets.datasets.collect import collect_items
from .errors import UserError
from .evaluation.functional.difficulty_bins import NUM_BINS
from .io import atomic_write, check_output
from .models.vae import Difficulty, cached_difficulty
from .skeletons import SKELETONS, Skeleton, get_skeleton

SUFFIXES = ('.json', '.csv')


class DifficultyReport(NamedTuple):
    """Poses with their difficulty.

    Attributes:
        ids (np.ndarray): (N,) annotation ids, or numbers of items.
        difficulty (Difficulty): Scores and bins of the N items.
        poses (np.ndarray): (M, K, 2) float32.
        visible (np.ndarray): (M, K) float32.
        owner (np.ndarray): (M,) item of each pose.
        skeleton (Skeleton): Joints and limbs, for drawing.
    """
    ids: np.ndarray
    difficulty: Difficulty
    poses: np.ndarray
    visible: np.ndarray
    owner: np.ndarray
    skeleton: Skeleton


def _named_skeleton(skeleton, num_joints: int, where: str) -> Skeleton:
    """Skeleton by name, by name of an MMPose metainfo file, or without
    limbs."""
    if skeleton is None:
        return _plain_skeleton([f'kpt-{i}' for i in range(num_joints)], [])
    if isinstance(skeleton, str) and skeleton not in SKELETONS:
        skeleton = dict(from_file=f'configs/_base_/datasets/{skeleton}.py')
    found = get_skeleton(skeleton)
    if found.num_joints != num_joints:
        raise UserError(where, 'skeleton', found.name,
                        f'it has {found.num_joints} joints, the file '
                        f'{num_joints}')
    return found


def _plain_skeleton(names, links) -> Skeleton:
    """A skeleton of joint names and pairs of indices, in one colour."""
    limbs = [(a, b) for a, b in links if a != b]
    return Skeleton(
        'annotations', tuple(names), tuple(limbs),
        np.tile(np.uint8([0, 120, 255]), (len(limbs), 1)),
        np.zeros((len(names), 3), np.uint8))


def read_coco(path: str, skeleton=None) -> tuple:
    """Annotations with keypoints of a COCO JSON file.

    Crowds and annotations without a labelled keypoint are left out.

    Returns:
        tuple: ids (N,), poses (N, K, 2) float32, visible (N, K) float32,
        Skeleton of its category, or the given one.

    Raises:
        UserError: Not such a file.
    """
    try:
        with open(path, encoding='utf-8') as file:
            data = json.load(file)
        notes = [
            note for note in data['annotations']
            if any(note.get('keypoints', [])[2::3]) and
            not note.get('iscrowd', 0)
        ]
        ids = np.array([note['id'] for note in notes])
        table = np.array([note['keypoints'] for note in notes], np.float32)
        table = table.reshape(len(notes), -1, 3)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            path, 'content', f'{type(error).__name__}: {error}',
            'not COCO-keypoint JSON; give such a file, an .npz of keypoints, '
            'or a config with a train_dataloader') from None
    category = (data.get('categories') or [{}])[0]
    names = category.get('keypoints') or []
    if skeleton is None and len(names) == table.shape[1]:
        links = [(a - 1, b - 1) for a, b in category.get('skeleton') or []]
        found = _plain_skeleton(names, links)
    else:
        found = _named_skeleton(skeleton, table.shape[1], path)
    return (ids, np.ascontiguousarray(table[..., :2]),
            (table[..., 2] > 0).astype(np.float32), found)


def read_arrays(path: str, skeleton=None, keypoints_key: str = 'keypoints',
                visible_key: Optional[str] = None) -> tuple:
    """Poses of an array file, as :func:`read_coco`; leading axes are
    flattened."""
    file = ArrayFile(path)
    poses = file.read('keypoints_key', keypoints_key)
    if poses.ndim < 3 or poses.shape[-1] != 2 or poses.dtype.kind not in 'fiu':
        raise UserError(path, f'{keypoints_key}.shape', poses.shape,
                        'give numbers of shape (..., K, 2)')
    seen = np.ones(poses.shape[:-1], np.float32) if visible_key is None \
        else file.read('visible_key', visible_key)
    if seen.shape != poses.shape[:-1]:
        raise UserError(path, f'{visible_key}.shape', seen.shape,
                        f'give {poses.shape[:-1]}')
    k = poses.shape[-2]
    poses = np.ascontiguousarray(poses, np.float32).reshape(-1, k, 2)
    seen = (np.asarray(seen) > 0).astype(np.float32).reshape(-1, k)
    return (np.arange(len(poses)), poses, seen,
            _named_skeleton(skeleton, k, path))


def read_config(path: str, skeleton, log: Callable) -> tuple:
    """Items of the training set of a config: ids, poses, visible,
    Skeleton, owner."""
    cfg = cli.load_config(path)
    loader = cfg.get('train_dataloader')
    if loader is None:
        raise UserError(path, 'train_dataloader', None,
                        'the config has none; give one that has')
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    dataset = DATASETS.build(loader.dataset)
    poses, visible, owner = collect_items(dataset, log)
    found = Skeleton.from_metainfo(dataset.metainfo) if skeleton is None \
        else _named_skeleton(skeleton, poses.shape[1], path)
    return np.arange(len(dataset)), poses, visible, found, owner


def score_difficulty(source: Union[str, np.ndarray],
                     visible: Optional[np.ndarray] = None,
                     skeleton=None,
                     checkpoint: Optional[str] = None,
                     vae: Optional[dict] = None,
                     train: Optional[dict] = None,
                     num_bins: int = NUM_BINS,
                     folder: Optional[str] = None,
                     save_vae: Optional[str] = None,
                     log: Callable = lambda line: None,
                     **keys) -> DifficultyReport:
    """Score poses by a ``PoseVAE`` and sort them into bins.

    Args:
        source (str | np.ndarray): Poses (N, K, 2) in any unit; or a file:
            COCO-keypoint .json, .npz or .npy, or a config (.py) whose
            training set is meant.
        visible (np.ndarray, optional): (N, K) beside an array of poses.
        skeleton (str | dict, optional): Name ('body15', 'hand21', ...), or
            that of one of MMPose's metainfo files ('coco', 'mpii', ...), or
            metainfo; for drawing. None: the file's own, if it has one.
        checkpoint (str, optional): A trained VAE; None: train one on these
            poses.
        vae, train (dict, optional): Arguments of ``PoseVAE`` and
            ``train_pose_vae``.
        num_bins (int): Number of bins.
        folder (str, optional): Of the cache; None: no cache.
        save_vae (str, optional): Where a VAE trained here goes.
        log (Callable): Gets lines of progress.
        **keys: ``keypoints_key`` and ``visible_key`` of an array file.

    Returns:
        DifficultyReport: See there.

    Raises:
        UserError: A file that cannot be read, poses that cannot be scored.

    Example:
        >>> poses = np.random.default_rng(0).normal(size=(100, 15, 2))
        >>> report = score_difficulty(poses, train=dict(steps=20))
        >>> report.difficulty.bins.shape
        (100,)
    """
    owner = None
    if not isinstance(source, str):
        source = np.ascontiguousarray(source, np.float32)
        if source.ndim != 3 or source.shape[2] != 2:
            raise UserError('score_difficulty', 'source.shape', source.shape,
                            'give (N, K, 2)')
        seen = np.ones(source.shape[:2]) if visible is None else visible
        found = (np.arange(len(source)), source,
                 np.ascontiguousarray(seen, np.float32),
                 _named_skeleton(skeleton, source.shape[1], 'array'))
    elif source.endswith('.py'):
        *found, owner = read_config(source, skeleton, log)
    elif source.endswith('.json'):
        found = read_coco(source, skeleton)
    else:
        found = read_arrays(source, skeleton, **keys)
    ids, poses, seen, skeleton = found
    owner = np.arange(len(poses)) if owner is None else owner
    where = source if isinstance(source, str) else 'score_difficulty'
    difficulty = cached_difficulty(
        poses, seen, owner, len(ids), vae, checkpoint, train, num_bins,
        folder, save_vae, where=where, log=log)
    return DifficultyReport(ids, difficulty, poses, seen, owner, skeleton)


def write_report(path: str, report: DifficultyReport) -> None:
    """Write ids, scores and bins as .json or .csv, whole or not at all.

    Raises:
        UserError: Unknown ending, or a folder that cannot be written.
    """
    check_output(path, SUFFIXES, path)
    found = report.difficulty
    rows = zip(report.ids.tolist(), found.scores.tolist(),
               found.bins.tolist())
    if path.endswith('.json'):
        text = json.dumps(
            dict(
                num_bins=found.num_bins,
                unscored=found.unscored,
                key=found.key,
                items=[dict(id=i, score=s, bin=b) for i, s, b in rows]))
    else:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator='\n')
        writer.writerow(('id', 'score', 'bin'))
        writer.writerows(rows)
        text = buffer.getvalue()
    with atomic_write(osp.abspath(path), 'w') as file:
        file.write(text)
