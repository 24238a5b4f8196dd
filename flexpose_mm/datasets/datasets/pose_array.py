"""The base of all datasets that hold poses in arrays, not lists of dicts."""
import copy
from typing import Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.dataset import BaseDataset, force_full_init
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import TRANSFORMS

from ...errors import UserError
from ...skeletons import get_skeleton

SHARED_META = ('dataset_name', 'upper_body_ids', 'lower_body_ids',
               'flip_pairs', 'dataset_keypoint_weights', 'flip_indices',
               'skeleton_links')


def pick_rows(where: str, what: str, count: int,
              indices: Union[int, Sequence[int]]) -> np.ndarray:
    """Rows that MMEngine's ``indices`` means, of ``count`` there are.

    Args:
        where (str): Name of the dataset class, for messages.
        what (str): Name of the items, for messages.
        count (int): Number of items.
        indices (int | Sequence[int]): The first n, the last n if negative,
            or exactly these.

    Raises:
        UserError: Numbers out of range, or nothing left.
    """
    rows = np.arange(count)
    if isinstance(indices, (int, np.integer)):
        rows = rows[:indices] if indices >= 0 else rows[indices:]
    else:
        indices = np.asarray(indices)
        if indices.size and (indices.dtype.kind not in 'iu'
                             or indices.max() >= count
                             or indices.min() < -count):
            raise UserError(
                where, 'indices', indices.tolist(),
                f'give whole numbers below the {count} {what} there are')
        rows = rows[indices.astype(int)]
    if not len(rows):
        raise UserError(where, 'indices', indices,
                        f'none of the {what} is left; give at least one')
    return rows


class PoseArrayDataset(BaseDataset):
    """Poses in arrays with the interface of an MMEngine dataset.

    Subclasses set what they need, call this constructor, and implement
    ``load_arrays``. A million poses cost as much as their numbers.

    Args:
        skeleton (str | Skeleton | dict): Joint set of the poses.
        ann_file (str): File, joined to ``data_root`` unless absolute.
        data_root (str, optional): Folder of the files.
        indices (int | Sequence[int], optional): The first n poses, the last
            n if negative, or exactly these.
        pipeline (Sequence): Transforms of an item.
        test_mode (bool): An item that a transform rejects is an error.
        lazy_init (bool): Leave reading to ``full_init``.
        max_refetch (int): Further items to try after a rejected one.
    """

    def __init__(self,
                 skeleton='body15',
                 ann_file: str = '',
                 data_root: Optional[str] = None,
                 indices: Optional[Union[int, Sequence[int]]] = None,
                 pipeline: Sequence = (),
                 test_mode: bool = False,
                 lazy_init: bool = False,
                 max_refetch: int = 1000):
        self.skeleton = get_skeleton(skeleton)
        self._poses = self._visible = self._classes = None
        super().__init__(
            ann_file=ann_file,
            metainfo=self.skeleton.metainfo,
            data_root=data_root or '',
            data_prefix=dict(),
            indices=indices,
            serialize_data=False,
            # built here so that it works without a default scope, too
            pipeline=[
                TRANSFORMS.build(step) if isinstance(step, dict) else step
                for step in pipeline
            ],
            test_mode=test_mode,
            lazy_init=lazy_init,
            max_refetch=max_refetch)

    @classmethod
    def _load_metainfo(cls, metainfo: dict = None) -> dict:
        return parse_pose_metainfo(metainfo)

    def load_arrays(self) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Poses (N, K, 2) float32, visible (N, K) float32, classes (N,) str
        or None. Raises UserError for what cannot be used."""
        raise NotImplementedError

    def full_init(self):
        """Read and check everything, once."""
        if self._fully_initialized:
            return
        self._poses, self._visible, self._classes = self.load_arrays()
        self._fully_initialized = True
        if self._indices is not None:
            self.get_subset_(self._indices)

    @property
    def poses(self) -> np.ndarray:
        """(N, K, 2) float32, all poses."""
        self.full_init()
        return self._poses

    @property
    def visible(self) -> np.ndarray:
        """(N, K) float32, > 0 = present."""
        self.full_init()
        return self._visible

    @property
    def classes(self) -> Optional[np.ndarray]:
        """(N,) class names, or None."""
        self.full_init()
        return self._classes

    def _pose(self, idx: int) -> Tuple[np.ndarray, np.ndarray]:
        return self._poses[idx], self._visible[idx]

    def _select(self, rows: np.ndarray):
        """Keep only these rows, in this order."""
        self._poses, self._visible = self._poses[rows], self._visible[rows]
        if self._classes is not None:
            self._classes = self._classes[rows]

    def get_subset_(self, indices: Union[int, Sequence[int]]) -> None:
        """Keep a subset, in place: see the argument ``indices``."""
        self.full_init()
        rows = pick_rows(type(self).__name__, 'poses', len(self), indices)
        self._select(rows)

    def get_subset(self, indices) -> 'PoseArrayDataset':
        """A subset as a dataset of its own."""
        self.full_init()
        other = copy.copy(self)
        other.get_subset_(indices)
        return other

    @force_full_init
    def __len__(self) -> int:
        return len(self._poses)

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """One item: keypoints (1, K, 2) float32, keypoints_visible (1, K),
        bbox (1, 4) xyxy of the visible joints, and MMPose's usual keys."""
        idx = range(len(self))[idx]
        pose, visible = self._pose(idx)
        seen = pose[visible > 0]
        low, high = seen.min(0), seen.max(0)
        info = dict(
            id=idx,
            img_id=idx,
            img_path='',
            sample_idx=idx,
            category_id=1,
            iscrowd=0,
            keypoints=pose[None].astype(np.float32),
            keypoints_visible=visible[None].astype(np.float32),
            num_keypoints=int(len(seen)),
            bbox=np.concatenate([low, high])[None].astype(np.float32),
            bbox_score=np.ones(1, np.float32),
            area=float(np.prod(high - low)))
        if self._classes is not None:
            info['class_name'] = str(self._classes[idx])
        for key in SHARED_META:
            info[key] = self._metainfo[key]
        return info
