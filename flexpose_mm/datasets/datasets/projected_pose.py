"""Motion capture as 2D poses: 3D joints seen by random cameras."""
from typing import Sequence

import numpy as np
from mmpose.registry import DATASETS

from ...errors import UserError, check_seed
from ..synthetic.camera import look_at, project, world_to_camera
from .array_file import ArrayFile
from .keypoint_array import KeypointArrayDataset

_BLOCK = 8192  # views projected at a time


def random_views(points: np.ndarray, elevation: np.ndarray,
                 distance: np.ndarray, seed: int) -> np.ndarray:
    """Project each pose by one random camera that looks at its centre.

    The camera goes round the vertical axis to any side. View i depends on
    (seed, i) only.

    Args:
        points (np.ndarray): (N, K, 3) world metres, z up.
        elevation (np.ndarray): (2,) least and greatest, degrees.
        distance (np.ndarray): (2,) least and greatest, metres.
        seed (int): Of the cameras.

    Returns:
        np.ndarray: (N, K, 2) float32, focal length 1, centre 0, y down.
    """
    draw = np.random.default_rng(seed).random((len(points), 3))
    yaw = 2 * np.pi * draw[:, 0]
    height = np.deg2rad(np.interp(draw[:, 1], (0, 1), elevation))
    away = np.interp(draw[:, 2], (0, 1), distance)
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    ones, zeros = np.ones((len(points), 2)), np.zeros(len(points))
    out = np.empty(points.shape[:2] + (2, ), np.float32)
    for first in range(0, len(points), _BLOCK):
        b = slice(first, first + _BLOCK)
        x, y, z = np.moveaxis(points[b].astype(float), -1, 0)
        turned = np.stack(
            [cos[b] * x - sin[b] * y, sin[b] * x + cos[b] * y, z], -1)
        centre = (turned.min(1) + turned.max(1)) / 2
        R, T = look_at(height[b], zeros[b], away[b], centre)
        out[b] = project(
            world_to_camera(turned, R, T), ones[b], 0 * ones[b])
    return out


@DATASETS.register_module()
class ProjectedPoseDataset(KeypointArrayDataset):
    """2D poses of 3D joints, each seen by several random cameras.

    So that motion capture can be a source without any image. Lens distortion
    is none and the focal length does not matter, as poses are taken by their
    own box.

    Args:
        ann_file (str): The .npz or .npy file.
        keypoints_key (str): Array (N, K, 3), world metres, z up.
        views (int): Cameras for each pose; item ``i * views + v``.
        elevation (tuple[float]): Least and greatest angle of the camera
            above the horizon, degrees.
        distance (tuple[float]): The same of its distance, metres.
        seed (int): Of the cameras.
        **kwargs: As of ``KeypointArrayDataset``.

    Raises:
        UserError: Whatever in the file or the arguments cannot be used.
    """

    def __init__(self,
                 ann_file: str,
                 keypoints_key: str = 'positions',
                 views: int = 4,
                 elevation: Sequence[float] = (0., 20.),
                 distance: Sequence[float] = (4., 6.),
                 seed: int = 0,
                 **kwargs):
        name = type(self).__name__
        if not isinstance(views, int) or views < 1:
            raise UserError(name, 'views', views,
                            'give a whole number of at least 1')
        check_seed(name, seed)
        self.views, self.seed = views, seed
        self.elevation = self._range('elevation', elevation, -89., 89.)
        self.distance = self._range('distance', distance, 3., np.inf)
        super().__init__(ann_file, keypoints_key=keypoints_key, **kwargs)

    def _range(self, field: str, value, least: float, most: float):
        found = np.asarray(value, float).ravel()
        if found.shape != (2, ) or not least <= found[0] <= found[1] <= most:
            raise UserError(
                type(self).__name__, field, value,
                f'give (least, greatest) between {least:g} and {most:g}')
        return found

    def _read_keypoints(self, file: ArrayFile) -> np.ndarray:
        points = file.read('keypoints_key', self.keypoints_key)
        field, want = f'{self.keypoints_key}.shape', self._joints_wanted()
        if points.ndim != 3 or points.shape[1:] != (want, 3) or \
                points.dtype.kind not in 'fiu':
            raise UserError(file.path, field, points.shape,
                            f'give numbers of shape (N, {want}, 3), not '
                            f'{points.dtype}; for 2D poses take '
                            'KeypointArrayDataset')
        self._check_size(file, points)
        seen = random_views(
            np.repeat(points, self.views, 0), self.elevation, self.distance,
            self.seed)
        return seen.reshape(len(points), self.views, want, 2)

    def _check_size(self, file: ArrayFile, points: np.ndarray) -> None:
        """Refuse NaN, and poses that are not in metres."""
        bad = np.flatnonzero(~np.isfinite(points).all((1, 2)))
        if len(bad):
            raise UserError(file.path, f'{self.keypoints_key}[{bad[0]}]',
                            'NaN or infinite',
                            f'{len(bad)} pose(s) have it; leave them out')
        size = float(np.median(np.ptp(points, axis=1).max(-1)))
        if not .3 <= size <= 3.:
            raise UserError(
                file.path, self.keypoints_key, f'{size:.3g} across',
                'poses are read in metres; divide millimetres by 1000')

    def _read_visible(self, file: ArrayFile, shape: tuple):
        if self.visible_key is None:
            return None
        raise UserError('ProjectedPoseDataset', 'visible_key',
                        self.visible_key, 'projected poses are complete; '
                        'leave it out')
