"""Videos of one person each: 2D, 3D and camera in arrays.

The plain layout, an npz without pickles that every converter of
``tools/dataset_converters`` writes and that one can write oneself. Frames of
all videos stand one after another; V videos, N frames in all, K joints.

| array | shape | meaning |
|---|---|---|
| keypoints_2d | (N, K, 2) | pixels, x right, y down |
| positions | (N, K, 3) | optional: camera frame, metres, absolute |
| keypoint_scores | (N, K) | optional: confidence, 0 = missing |
| valid | (N,) bool | optional: frames that are evaluated |
| video_length | (V,) int | frames of each video; their sum is N |
| subject, action, sequence, camera | (V,) text | optional: names |
| cam_f, cam_c | (V, 2) or (2,) | pixels |
| cam_k, cam_p | (V, 3), (V, 2) | optional: lens, VideoPose3D's order |
| cam_wh | (V, 2) or (2,) | image width and height, pixels |
| joint_order | text | optional: one of ``JOINT_ORDERS``, else h36m17 |

Uncompressed files (``numpy.savez``) are memory mapped.
"""
import zipfile
from dataclasses import dataclass, replace
from typing import Dict, Iterable, Optional, Sequence

import numpy as np

from ...errors import UserError
from ...io import atomic_write, stream_array
from ...joint_orders import JOINT_ORDERS
from .array_file import ArrayFile

#: Names by which videos are chosen.
NAMES = ('subject', 'action', 'sequence', 'camera')
_CAMERA = dict(f=2, c=2, k=3, p=2, wh=2)


@dataclass(frozen=True)
class Videos:
    """Some videos; arrays as in the plain layout.

    ``start`` (V,) is each video's first row, ``length`` (V,) its frames;
    ``path`` says where they come from, for messages.
    """
    path: str
    keypoints: np.ndarray
    positions: Optional[np.ndarray]
    scores: Optional[np.ndarray]
    valid: Optional[np.ndarray]
    start: np.ndarray
    length: np.ndarray
    subject: np.ndarray
    action: np.ndarray
    sequence: np.ndarray
    camera: np.ndarray
    f: np.ndarray
    c: np.ndarray
    k: np.ndarray
    p: np.ndarray
    wh: np.ndarray
    joint_order: str = 'h36m17'

    def __len__(self) -> int:
        return len(self.start)

    def title(self, video: int) -> str:
        """'S1/Directions 1, camera 54138969'."""
        return f'{self.sequence[video]}, camera {self.camera[video]}'

    def subset(self, kept: np.ndarray) -> 'Videos':
        """Only these videos; their frames stay where they are."""
        per_video = ('start', 'length', *NAMES, *_CAMERA)
        return replace(self,
                       **{name: getattr(self, name)[kept]
                          for name in per_video})

    def matches(self, wanted: Dict[str, Sequence]) -> np.ndarray:
        """(V,) bool: videos whose names are among those wanted.

        Args:
            wanted (dict): Some of ``NAMES`` -> values, compared as text.

        Raises:
            UserError: Unknown name or value; nothing left.
        """
        kept = np.ones(len(self), bool)
        for name, values in wanted.items():
            if name not in NAMES:
                raise UserError(self.path, f'select[{name!r}]', values,
                                f'choose by some of {NAMES}')
            known = getattr(self, name)
            values = [str(v) for v in np.atleast_1d(values)]
            unknown = sorted(set(values) - set(known.tolist()))
            if unknown or not values:
                raise UserError(
                    self.path, f'select[{name!r}]',
                    unknown[0] if unknown else [],
                    'no video has it; use some of '
                    f'{sorted(set(known.tolist()))[:20]}')
            kept &= np.isin(known, values)
        if not kept.any():
            raise UserError(self.path, 'select', wanted,
                            f'none of the {len(self)} videos is left')
        return kept

    def with_frames(self, keypoints: Sequence[np.ndarray],
                    positions: Optional[Sequence[np.ndarray]]) -> 'Videos':
        """These videos with other frames, one array for each of them."""
        return replace(
            self,
            keypoints=np.concatenate(keypoints),
            positions=None if positions is None else np.concatenate(
                positions),
            start=np.cumsum(self.length) - self.length)


def make_videos(path: str, keypoints: np.ndarray, length: np.ndarray,
                cam: Dict[str, np.ndarray], names: Dict[str, np.ndarray],
                **optional) -> Videos:
    """Videos of arrays that stand one after another.

    Args:
        path (str): For messages.
        keypoints (np.ndarray): (N, K, 2) pixels.
        length (np.ndarray): (V,) int.
        cam (dict): f, c, wh and perhaps k, p: (V, ·) or (·,).
        names (dict): Some of ``NAMES`` -> (V,) text.
        **optional: positions, scores, valid, joint_order.
    """
    count = len(length)
    lens = {'k': np.zeros(3), 'p': np.zeros(2), **cam}
    default = np.array([str(v) for v in range(count)])
    names = {n: np.asarray(names.get(n, default)).astype(str) for n in NAMES}
    return Videos(
        path=path,
        keypoints=keypoints,
        start=np.cumsum(length) - length,
        length=np.asarray(length),
        **names,
        **{
            k: np.broadcast_to(np.asarray(v, np.float64),
                               (count, _CAMERA[k]))
            for k, v in lens.items()
        },
        **{
            key: optional.get(key)
            for key in ('positions', 'scores', 'valid')
        },
        joint_order=optional.get('joint_order', 'h36m17'))


def _read_camera(file: ArrayFile, count: int) -> Dict[str, np.ndarray]:
    found = {}
    for key, width in _CAMERA.items():
        name = f'cam_{key}'
        if name not in file.names:
            if key in 'kp':
                continue
            raise UserError(
                file.path, name, None,
                'missing camera: 2D says nothing of metres without one; add '
                'cam_f, cam_c and cam_wh in pixels, (2,) or one row per video')
        array = np.asarray(file.read(name, name))
        if array.shape not in ((width, ), (count, width)) or \
                array.dtype.kind not in 'fiu':
            raise UserError(file.path, f'{name}.shape', array.shape,
                            f'give numbers of shape ({width},) or ({count}, '
                            f'{width}): a row for each video')
        if not np.isfinite(array).all() or (key in ('f', 'wh')
                                            and (array <= 0).any()):
            raise UserError(file.path, name, array.ravel()[:4].tolist(),
                            'missing or impossible camera; give finite '
                            'pixels, cam_f and cam_wh above 0')
        found[key] = array
    return found


def _read_names(file: ArrayFile, count: int) -> Dict[str, np.ndarray]:
    names = {}
    for name in NAMES:
        if name not in file.names:
            continue
        names[name] = np.asarray(file.read(name, name))
        if names[name].shape != (count, ):
            raise UserError(file.path, f'{name}.shape', names[name].shape,
                            f'give one name per video, ({count},)')
    return names


def _check_shape(file: ArrayFile, name: str, array: np.ndarray,
                 shape: tuple) -> None:
    if array.shape != shape or array.dtype.kind not in 'fiub':
        raise UserError(file.path, f'{name}.shape', array.shape,
                        f'give numbers of shape {shape}')


def read_videos(path: str, with_3d: bool = True,
                joint_order: Optional[str] = None) -> Videos:
    """Read the plain layout.

    Args:
        path (str): The npz file.
        with_3d (bool): Read ``positions``; otherwise they are not touched.
        joint_order (str, optional): Instead of the file's.

    Raises:
        UserError: A missing array, another shape, no camera.
    """
    file = ArrayFile(path)
    order = joint_order or (str(file.read('joint_order', 'joint_order')[()])
                            if 'joint_order' in file.names else 'h36m17')
    if order not in JOINT_ORDERS:
        raise UserError(file.path, 'joint_order', order,
                        f'choose from {sorted(JOINT_ORDERS)}')
    points = file.read('keypoints_2d', 'keypoints_2d')
    joints = JOINT_ORDERS[order][0]
    if points.ndim != 3 or points.shape[1:] != (joints, 2) or \
            points.dtype.kind not in 'fiu':
        raise UserError(file.path, 'keypoints_2d.shape', points.shape,
                        f'give (frames, {joints}, 2) numbers, or set another '
                        f'joint_order than {order!r}')
    length = np.asarray(file.read('video_length', 'video_length')) \
        if 'video_length' in file.names else np.array([len(points)])
    if length.ndim != 1 or length.dtype.kind not in 'iu' or \
            length.sum() != len(points) or length.min() < 1:
        raise UserError(file.path, 'video_length', length.tolist()[:8],
                        f'give whole numbers of at least 1 that sum up to '
                        f'the {len(points)} frames')
    shapes = dict(
        positions=(len(points), joints, 3),
        keypoint_scores=(len(points), joints),
        valid=(len(points), ))
    if not with_3d:
        del shapes['positions']
    arrays = {}
    for name, shape in shapes.items():
        if name in file.names:
            arrays[name] = file.read(name, name)
            _check_shape(file, name, arrays[name], shape)
    return make_videos(
        file.path, points, length, _read_camera(file, len(length)),
        _read_names(file, len(length)),
        positions=arrays.get('positions'),
        scores=arrays.get('keypoint_scores'),
        valid=arrays.get('valid'),
        joint_order=order)


def write_videos(path: str, table: Videos,
                 keypoints: Iterable[np.ndarray],
                 positions: Iterable[np.ndarray]) -> None:
    """Write the plain layout, uncompressed, whole or not at all.

    Args:
        path (str): The npz file.
        table (Videos): Names, lengths and cameras; ``valid`` if not None.
        keypoints (Iterable): (n, K, 2) pixels of one video after another.
        positions (Iterable): (n, K, 3) metres, the same.
    """
    total, joints = int(table.length.sum()), JOINT_ORDERS[
        table.joint_order][0]
    small = dict(
        valid=table.valid,
        video_length=table.length,
        joint_order=np.array(table.joint_order),
        **{name: getattr(table, name) for name in NAMES},
        **{f'cam_{key}': getattr(table, key) for key in _CAMERA})
    with atomic_write(path) as file, zipfile.ZipFile(file, 'w') as archive:
        for name, width, chunks in (('keypoints_2d', 2, keypoints),
                                    ('positions', 3, positions)):
            stream_array(archive, name, (total, joints, width), chunks)
        for name, value in small.items():
            if value is not None:
                with archive.open(f'{name}.npy', 'w') as entry:
                    np.lib.format.write_array(entry, np.asarray(value),
                                              allow_pickle=False)


def camera_vectors(videos: Videos, size: np.ndarray) -> np.ndarray:
    """(V, 9) float32 cameras as in ``models.lifting.camera``.

    Args:
        videos (Videos): Theirs.
        size (np.ndarray): (V,) s of each video's normalisation, pixels.
    """
    # models import datasets
    from ...models.lifting.camera import normalize_camera
    return np.stack([
        normalize_camera(*(getattr(videos, key)[v] for key in 'fckp'),
                         *videos.wh[v], size[v]).numpy()
        for v in range(len(videos))
    ])


def sample_rows(videos: Videos, count: int) -> np.ndarray:
    """(V, count) rows spread evenly over each video."""
    share = (np.arange(count) + .5) / count
    return videos.start[:, None] + (videos.length[:, None] * share).astype(int)
