"""The base of all datasets of single poses."""
from typing import Optional, Tuple

import numpy as np
from mmengine.dataset import force_full_init
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from ...skeletons import get_skeleton
from .array_dataset import ArrayDataset

SHARED_META = ('dataset_name', 'upper_body_ids', 'lower_body_ids',
               'flip_pairs', 'dataset_keypoint_weights', 'flip_indices',
               'skeleton_links')


class PoseArrayDataset(ArrayDataset):
    """Poses in arrays with the interface of an MMEngine dataset.

    Subclasses set what they need, call this constructor, and implement
    ``load_arrays``.

    Args:
        skeleton (str | Skeleton | dict): Joint set of the poses.
        ann_file (str): See ``ArrayDataset``.
        **kwargs: As ``ArrayDataset``, without ``metainfo``.
    """
    ITEMS = 'poses'

    def __init__(self, skeleton='body15', ann_file: str = '', **kwargs):
        self.skeleton = get_skeleton(skeleton)
        self._poses = self._visible = self._classes = None
        super().__init__(ann_file, self.skeleton.metainfo, **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: dict = None) -> dict:
        return parse_pose_metainfo(metainfo)

    def load_arrays(self) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Poses (N, K, 2) float32, visible (N, K) float32, classes (N,) str
        or None. Raises UserError for what cannot be used."""
        raise NotImplementedError

    def _read(self) -> None:
        self._poses, self._visible, self._classes = self.load_arrays()

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

    def _select(self, rows: np.ndarray) -> None:
        self._poses, self._visible = self._poses[rows], self._visible[rows]
        if self._classes is not None:
            self._classes = self._classes[rows]

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
