"""Motion capture without cameras, seen by Human3.6M's cameras."""
import zlib
from typing import Sequence

import numpy as np
import torch
from mmpose.registry import DATASETS

from ...errors import UserError
from ..h36m_cameras import CAMERA_IDS, SUBJECTS, h36m_cameras, to_camera
from .array_file import ArrayFile
from .lifting_clip import LiftingClipDataset
from .lifting_videos import Videos, make_videos

_TRIES = 64
_SPREAD = .4  # metres; where in the room a clip's middle comes to lie
_NEAREST = 2.  # metres from the camera
_LOOKED_AT = 48  # frames of a clip that are tested for being in view


@DATASETS.register_module()
class CMULiftingDataset(LiftingClipDataset):
    """World positions (``cmu_3d.npz``) through virtual cameras.

    Each clip is turned about the vertical axis and put into the middle of
    Human3.6M's room, once for each of ``cameras``: that camera's lens, as it
    stood for one of the subjects. Turn, place and subject are drawn until
    the person stays within the image and 2 m away; they depend on (seed,
    clip, camera) only. The 2D points are exact projections.

    Subject is 'CMU', action and sequence are the file's; ``split`` is
    'train' or 'test' of the file, None for both.

    Args:
        ann_file (str): npz with positions (N, 17, 3) world metres, z up,
            seq (N,), seq_name, and action, split (N,).
        cameras (Sequence[str]): Ids of Human3.6M cameras.
        zoom (float): Factor on their focal lengths, for a source laboratory
            of other lenses; .6 has the field of view of a phone.
        seed (int): Of the draws.
        split (str, optional): See above.
        **kwargs: As ``LiftingClipDataset``.

    Raises:
        UserError: Unknown camera or split, a zoom that is not above 0, or a
            clip that no draw brings into view.
    """

    def __init__(self,
                 *args,
                 cameras: Sequence[str] = CAMERA_IDS,
                 zoom: float = 1.,
                 seed: int = 0,
                 split=None,
                 **kwargs):
        unknown = sorted(set(map(str, cameras)) - set(CAMERA_IDS))
        if unknown or not cameras:
            raise UserError(
                type(self).__name__, 'cameras', unknown,
                f'choose one or more of {CAMERA_IDS}')
        if not zoom > 0:
            raise UserError(
                type(self).__name__, 'zoom', zoom, 'give a number above 0')
        self.cameras, self.zoom = cameras, zoom
        self.seed, self.split = seed, split
        super().__init__(*args, **kwargs)

    def load_videos(self) -> Videos:
        file = ArrayFile(self.ann_file)
        seq, world = (file.read(k, k) for k in ('seq', 'positions'))
        first, length = np.unique(seq, return_index=True,
                                  return_counts=True)[1:]
        if self.split is not None:
            splits = file.read('split', 'split')[first]
            if self.split not in splits:
                raise UserError(file.path, 'split', self.split,
                                f'choose from {sorted(set(splits.tolist()))}')
            kept = splits == self.split
            first, length = first[kept], length[kept]
        titles = file.read('seq_name', 'seq_name')[seq[first]].tolist()
        actions = file.read('action', 'action')[first].tolist()
        made = [
            view_clip(world[a:a + n].astype(np.float64), title, str(camera),
                      self.seed, file.path, self.zoom)
            for a, n, title in zip(first, length, titles)
            for camera in self.cameras
        ]
        times = len(self.cameras)
        names = dict(
            subject=['CMU'] * len(made),
            action=np.repeat(actions, times),
            sequence=np.repeat(titles, times),
            camera=np.tile(self.cameras, len(titles)))
        lens = {key: np.stack([m[2][key] for m in made])
                for key in ('f', 'c', 'k', 'p', 'wh')}
        return make_videos(
            file.path,
            np.concatenate([m[0] for m in made]),
            np.repeat(length, times),
            lens,
            names,
            positions=np.concatenate([m[1] for m in made])
            if self.with_3d else None)


def view_clip(world: np.ndarray,
              title: str,
              camera: str,
              seed: int,
              path: str,
              zoom: float = 1.):
    """Put a clip before a camera.

    Args:
        world (np.ndarray): (n, J, 3) metres, z up.
        title (str): Name of the clip; decides the draws, with the next two.
        camera (str): Id of a Human3.6M camera.
        seed (int): Not negative.
        path (str): For the message.
        zoom (float): Factor on the focal length.

    Returns:
        tuple: keypoints (n, J, 2) pixels and positions (n, J, 3) camera
        metres, float32; the camera's f, c, k, p, wh.
    """
    rng = np.random.default_rng(
        [seed, zlib.crc32(title.encode()), int(camera)])
    number = CAMERA_IDS.index(camera)
    middle = (world[:, 0].min(0) + world[:, 0].max(0)) / 2
    step = max(1, len(world) // _LOOKED_AT)
    for _ in range(_TRIES):
        rig = h36m_cameras(SUBJECTS[rng.integers(len(SUBJECTS))])
        lens = {key: value[number] for key, value in rig.items()}
        lens['f'] = zoom * lens['f']
        turn, place = rng.uniform(0, 2 * np.pi), rng.normal(0, _SPREAD, 2)
        moved = _turn(world - [*middle[:2], 0], turn) + [*place, 0]
        seen = to_camera(moved, lens['R'], lens['T'])
        if seen[::step, :, 2].min() < _NEAREST:
            continue
        points = _pixels(seen, lens)
        if (points[::step] > 0).all() and (points[::step] < lens['wh']).all():
            return points, seen.astype(np.float32), lens
    raise UserError(path, 'sequence', title,
                    f'its person walks out of view of camera {camera} in '
                    f'{_TRIES} draws; leave it out by select')


def _turn(points: np.ndarray, angle: float) -> np.ndarray:
    """Points (..., 3) about the vertical axis."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.]])


def _pixels(points: np.ndarray, lens: dict) -> np.ndarray:
    """(..., 3) camera metres to float32 pixels."""
    # models import datasets
    from ...models.lifting.camera import (denormalize_screen,
                                          normalize_camera, project)
    w, h = lens['wh'].tolist()
    camera = normalize_camera(lens['f'], lens['c'], lens['k'], lens['p'], w,
                              h)
    screen = project(torch.from_numpy(points).float(), camera)
    return denormalize_screen(screen, w, h).numpy()
