"""Poses from .npz or .npy files."""
import logging
from typing import Optional, Sequence, Union

import numpy as np
from mmengine.logging import print_log
from mmpose.registry import DATASETS

from ...errors import UserError
from ...skeletons import get_mapping, get_skeleton, map_joints
from ..transforms.normalize_pose import check_poses
from .array_file import ArrayFile
from .pose_array import PoseArrayDataset

_BLOCK = 8192  # poses converted or checked at a time


@DATASETS.register_module()
class KeypointArrayDataset(PoseArrayDataset):
    """Poses from an array file.

    Leading axes are flattened: keypoints (60333, 4, 17, 2) give 241,332
    poses. Arrays named in ``select`` and ``class_key`` go with the first
    axis and are repeated. A .npy file or an uncompressed .npz file is memory
    mapped and its poses are converted when asked for; a compressed file is
    read once.

    Items are in the unit of the file, as a rule image pixels.

    Args:
        ann_file (str): The .npz or .npy file.
        skeleton (str | Skeleton | dict): Joint set of the poses given out.
        mapping (str | JointMapping, optional): How to get there from the
            file's joint set, for example 'mpii16'. None: it is the same.
        keypoints_key (str): Array (..., K, 2).
        visible_key (str, optional): Array (..., K), > 0 = present. None: all
            are.
        class_key (str, optional): Array of class names.
        select (dict, optional): Array name -> value or values to keep.
        split (str, optional): Short for ``select=dict(split=[...])``.
        require_all (bool): Leave out poses with an absent joint.
        **kwargs: ``data_root``, ``indices``, ``pipeline``, ``test_mode``,
            ``lazy_init``, ``max_refetch`` of ``PoseArrayDataset``.

    Raises:
        UserError: Whatever in the file or the arguments cannot be used.
    """

    def __init__(self,
                 ann_file: str,
                 skeleton='body15',
                 mapping=None,
                 keypoints_key: str = 'keypoints',
                 visible_key: Optional[str] = None,
                 class_key: Optional[str] = None,
                 select: Optional[dict] = None,
                 split: Optional[str] = None,
                 require_all: bool = True,
                 **kwargs):
        self.mapping = None if mapping is None else get_mapping(mapping)
        self.keypoints_key, self.visible_key = keypoints_key, visible_key
        self.class_key, self.require_all = class_key, require_all
        self.select = dict(select or {})
        if split is not None:
            self.select['split'] = split
        target = get_skeleton(skeleton).name
        if self.mapping is not None and self.mapping.target != target:
            raise UserError('KeypointArrayDataset', 'mapping', mapping,
                            f'it leads to {self.mapping.target!r}, not to '
                            f'skeleton {target!r}')
        super().__init__(skeleton, ann_file, **kwargs)

    def load_arrays(self):
        file = ArrayFile(self.ann_file)
        keypoints = self._read_keypoints(file)
        lead = keypoints.shape[:-2]
        repeat = int(np.prod(lead[1:], dtype=int))
        seen = self._read_visible(file, keypoints.shape[:-1])
        kept = np.repeat(self._selected(file, lead[0]), repeat)
        classes = None
        if self.class_key is not None:
            classes = self._row_array(file, 'class_key', self.class_key,
                                      lead[0]).astype(str)
            classes = np.repeat(classes, repeat)
        self._raw = keypoints.reshape(-1, *keypoints.shape[-2:])
        self._raw_visible = None if seen is None else seen.reshape(
            -1, seen.shape[-1])
        self._rows = self._usable(np.flatnonzero(kept))
        if classes is not None:
            classes = classes[self._rows]
        if isinstance(keypoints, np.memmap):
            return None, None, classes
        poses, visible = self._convert(self._rows)
        self._raw = self._raw_visible = None
        return poses, visible, classes

    def _read_keypoints(self, file: ArrayFile) -> np.ndarray:
        array = file.read('keypoints_key', self.keypoints_key)
        field = f'{self.keypoints_key}.shape'
        if array.ndim < 3 or array.shape[-1] != 2 or \
                array.dtype.kind not in 'fiu':
            raise UserError(file.path, field, array.shape,
                            f'give numbers of shape (..., K, 2), not '
                            f'{array.dtype}')
        want = self._joints_wanted()
        if array.shape[-2] != want:
            source = (f'skeleton {self.skeleton.name!r} has {want}'
                      if self.mapping is None else
                      f'mapping {self.mapping.name!r} takes {want}')
            raise UserError(
                file.path, field, array.shape,
                f'the file has {array.shape[-2]} joints, but {source}; set '
                'another mapping= or skeleton=')
        return array

    def _joints_wanted(self) -> int:
        """Joints of a pose in the file."""
        if self.mapping is not None:
            return self.mapping.num_source
        return self.skeleton.num_joints

    def _read_visible(self, file: ArrayFile, shape: tuple):
        if self.visible_key is None:
            return None
        array = file.read('visible_key', self.visible_key)
        if array.shape != shape or array.dtype.kind not in 'fiub':
            raise UserError(file.path, f'{self.visible_key}.shape',
                            array.shape, f'give numbers of shape {shape}')
        return array

    @staticmethod
    def _row_array(file: ArrayFile, field: str, name: str, length: int):
        array = np.asarray(file.read(field, name))
        if array.shape != (length, ):
            raise UserError(file.path, f'{name}.shape', array.shape,
                            f'{field} needs one value per row, ({length},)')
        return array

    def _selected(self, file: ArrayFile, length: int) -> np.ndarray:
        """(length,) bool: rows that ``select`` leaves."""
        kept = np.ones(length, bool)
        for name, allowed in self.select.items():
            array = self._row_array(file, 'select', name, length)
            allowed = np.atleast_1d(np.asarray(allowed))
            known = np.unique(array)
            unknown = [v for v in allowed.tolist() if v not in known.tolist()]
            if unknown or not allowed.size:
                raise UserError(
                    file.path, f'select[{name!r}]',
                    unknown[0] if unknown else [],
                    f'no row has it; use some of {known.tolist()[:20]}')
            kept &= np.isin(array, allowed)
        if not kept.any():
            raise UserError(file.path, 'select', self.select,
                            f'none of the {length} rows is left')
        return kept

    def _convert(self, rows: np.ndarray):
        """Poses and visibility of these rows in the target joint set."""
        poses = np.empty((len(rows), self.skeleton.num_joints, 2), np.float32)
        visible = np.ones(poses.shape[:2], np.float32)
        for first in range(0, len(rows), _BLOCK):
            block = slice(first, first + _BLOCK)
            points = self._raw[rows[block]].astype(np.float32)
            seen = None
            if self._raw_visible is not None:
                seen = self._raw_visible[rows[block]].astype(np.float32)
                points[~(seen > 0)] = 0
            if self.mapping is not None:
                points, seen = map_joints(points, seen, self.mapping)
            poses[block] = points
            if seen is not None:
                visible[block] = seen > 0
        return poses, visible

    def _usable(self, rows: np.ndarray) -> np.ndarray:
        """Of these rows, those with enough joints; all of them checked."""
        left = []
        for first in range(0, len(rows), _BLOCK):
            block = rows[first:first + _BLOCK]
            poses, visible = self._convert(block)
            if self.require_all:
                whole = visible.all(1)
                block, poses = block[whole], poses[whole]
                visible = visible[whole]
            check_poses(poses, visible, self.ann_file, rows=block)
            left.append(block)
        left = np.concatenate(left)
        if not len(left):
            raise UserError(self.ann_file, 'require_all', True,
                            f'none of the {len(rows)} selected poses has all '
                            'joints; set require_all=False')
        if len(left) < len(rows):
            print_log(
                f'{self.ann_file}: {len(left)} of {len(rows)} poses have all '
                f'{self.skeleton.num_joints} joints; the others are left out',
                'current', logging.INFO)
        return left

    @property
    def poses(self) -> np.ndarray:
        """(N, K, 2) float32, all poses; a new array if memory mapped."""
        self.full_init()
        if self._poses is None:
            return self._convert(self._rows)[0]
        return self._poses

    @property
    def visible(self) -> np.ndarray:
        """(N, K) float32, 0 or 1; a new array if memory mapped."""
        self.full_init()
        if self._visible is None:
            return self._convert(self._rows)[1]
        return self._visible

    def _pose(self, idx: int):
        if self._poses is not None:
            return super()._pose(idx)
        poses, visible = self._convert(self._rows[idx:idx + 1])
        return poses[0], visible[0]

    def _select(self, rows: Union[np.ndarray, Sequence[int]]):
        self._rows = self._rows[rows]
        if self._poses is not None:
            super()._select(rows)
        elif self._classes is not None:
            self._classes = self._classes[rows]

    def __len__(self) -> int:
        self.full_init()
        return len(self._rows)
