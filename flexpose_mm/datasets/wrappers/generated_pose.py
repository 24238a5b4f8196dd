"""Poses that a generator made."""
import json
from typing import Optional

import numpy as np
from mmpose.registry import DATASETS, MODELS

from ...errors import UserError
from ...skeletons import get_skeleton
from ..datasets.array_file import ArrayFile
from ..datasets.pose_array import PoseArrayDataset
from ..transforms.normalize_pose import check_poses


def _read_coco(path: str, joints) -> tuple:
    """Canvas poses (n, K, 2) and visible (n, K) of COCO-keypoint JSON.

    Its keypoints are pixels of square images of S pixels, so that
    canvas = (pixel + 0.5) * 2 / S - 1.
    """
    try:
        with open(path, encoding='utf-8') as file:
            data = json.load(file)
        names = data['categories'][0].get('keypoints', list(joints))
        sides = {i['id']: (i['width'], i['height']) for i in data['images']}
        wh = np.array([sides[a['image_id']] for a in data['annotations']],
                      np.float32).reshape(-1, 2)
        flat = [a['keypoints'] for a in data['annotations']]
    except (ValueError, KeyError, IndexError, OSError, TypeError) as error:
        raise UserError(path, 'ann_file', path,
                        'not COCO-keypoint JSON as tools/generate_poses.py '
                        f'writes it ({type(error).__name__}: {error})'
                        ) from None
    wrong = {len(row) for row in flat} - {3 * len(joints)}
    if list(names) != list(joints) or wrong:
        raise UserError(path, 'categories[0].keypoints', list(names),
                        f'give the {len(joints)} joints {list(joints)}, each '
                        'as x, y, visibility')
    if (wh[:, 0] != wh[:, 1]).any():
        raise UserError(path, 'images', wh[wh[:, 0] != wh[:, 1]][0].tolist(),
                        'canvas images are square')
    table = np.array(flat, np.float32).reshape(-1, len(joints), 3)
    return (table[..., :2] + .5) * 2 / wh[:, :1, None] - 1, table[..., 2]


def _read_npz(path: str, joints) -> tuple:
    """Canvas poses (n, K, 2) and visible (n, K) of an array file."""
    file = ArrayFile(path)
    poses = np.asarray(file.read('ann_file', 'keypoints'))
    if poses.ndim != 3 or poses.shape[1:] != (len(joints), 2) or \
            poses.dtype.kind not in 'fiu':
        raise UserError(path, 'keypoints.shape', poses.shape,
                        f'give numbers of shape (n, {len(joints)}, 2)')
    visible = np.ones(poses.shape[:2], np.float32)
    if 'keypoints_visible' in file.names:
        visible = file.read('ann_file', 'keypoints_visible')
        if visible.shape != poses.shape[:2]:
            raise UserError(path, 'keypoints_visible.shape', visible.shape,
                            f'give {poses.shape[:2]}')
    return poses.astype(np.float32), np.asarray(visible, np.float32)


@DATASETS.register_module()
class GeneratedPoseDataset(PoseArrayDataset):
    """Poses of a ``PoseSampler``, or of a file that was made with one.

    Items are canvas poses. Poses of a sampler are made in blocks on first
    use (the Runner's loader: before its workers start) and kept; each block
    has its own seed, so block b is the same whatever ``size`` is.

    Args:
        sampler (dict | nn.Module, optional): Config for MODELS, or anything
            with ``sample(n, seed=...) -> (keypoints (n, K, 2) canvas,
            images)``.
        ann_file (str, optional): .npz with ``keypoints`` (n, K, 2) on the
            canvas and perhaps ``keypoints_visible`` (n, K), or the COCO
            JSON of tools/generate_poses.py. Exactly one of the two is given.
        size (int, optional): Number of poses; None: all of the file.
        seed (int): Of the sampler.
        skeleton (str | Skeleton | dict): Joint set.
        block (int): Poses made at a time.
        **kwargs: ``data_root``, ``indices``, ``pipeline``, ``test_mode``,
            ``lazy_init``, ``max_refetch``.

    Raises:
        UserError: Arguments, file or generated poses that cannot be used.
    """

    def __init__(self,
                 sampler=None,
                 ann_file: Optional[str] = None,
                 size: Optional[int] = None,
                 seed: int = 0,
                 skeleton='body15',
                 block: int = 1000,
                 lazy_init: bool = False,
                 **kwargs):
        name = type(self).__name__
        if (sampler is None) == (ann_file is None):
            raise UserError(name, 'sampler', sampler,
                            'give either sampler= or ann_file=')
        if sampler is not None and size is None or \
                size is not None and size < 1:
            raise UserError(name, 'size', size,
                            'give a whole number of at least 1')
        if block < 1:
            raise UserError(name, 'block', block, 'give at least 1')
        self.sampler, self.size, self.seed = sampler, size, seed
        self.block = block
        super().__init__(
            skeleton, ann_file or '',
            lazy_init=lazy_init or sampler is not None, **kwargs)

    def load_arrays(self):
        if self.sampler is not None:
            poses = self._sample()
            visible = np.ones(poses.shape[:2], np.float32)
        else:
            read = _read_coco if self.ann_file.endswith('.json') else \
                _read_npz
            poses, visible = read(self.ann_file, self.skeleton.joints)
        if len(poses) < (self.size or 1):
            raise UserError(self.ann_file, 'size', self.size,
                            f'the file holds only {len(poses)} poses')
        poses, visible = poses[:self.size], visible[:self.size]
        check_poses(poses, visible, self.ann_file or type(self).__name__)
        return poses, visible, None

    def _sample(self) -> np.ndarray:
        if isinstance(self.sampler, dict):
            self.sampler = MODELS.build(self.sampler)
        other = getattr(self.sampler, 'skeleton', None)
        if other is not None:
            self.skeleton.check_same(get_skeleton(other),
                                     type(self).__name__)
        poses = np.empty((self.size, self.skeleton.num_joints, 2), np.float32)
        for first in range(0, self.size, self.block):
            part = poses[first:first + self.block]
            state = np.random.SeedSequence([self.seed, first // self.block])
            made, _ = self.sampler.sample(
                self.block, seed=int(state.generate_state(1)[0]))
            part[:] = made[:len(part)].detach().cpu().numpy()
        return poses

    def __len__(self) -> int:
        if not self._fully_initialized and self._indices is None \
                and self.size is not None:
            return self.size
        return super().__len__()
