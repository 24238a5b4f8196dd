"""Human3.6M for lifters."""
from dataclasses import replace

import numpy as np
from mmpose.registry import DATASETS

from ..h36m_cameras import to_camera
from .array_file import ArrayFile
from .lifting_clip import LiftingClipDataset
from .lifting_videos import Videos, make_videos


@DATASETS.register_module()
class H36MLiftingDataset(LiftingClipDataset):
    """Human3.6M in one of two layouts, told apart by their arrays.

    The plain layout, which ``tools/dataset_converters/h36m_lifting.py``
    makes of VideoPose3D's official files (50 Hz); and the packing of world
    positions, projections in four cameras and per-subject calibration
    (``positions``, ``keypoints_2d`` (N, 4, 17, 2), ``cam_R``, ...), here at
    10 Hz. Subjects are 'S1', ..., actions 'Directions', ..., cameras
    '54138969', ...

    Args:
        **kwargs: As ``LiftingClipDataset``.
    """

    def load_videos(self) -> Videos:
        file = ArrayFile(self.ann_file)
        if 'cam_subjects' not in file.names:
            return super().load_videos()
        table, subject = self._table(file)
        kept = table.matches(self.selected)
        number, table = np.flatnonzero(kept), table.subset(kept)
        points = file.read('keypoints_2d', 'keypoints_2d')
        rows = [slice(a, a + n) for a, n in zip(table.start, table.length)]
        cams = number % points.shape[1]
        positions = None
        if self.with_3d:
            world = file.read('positions', 'positions')
            R, T = (file.read(k, k)[subject[kept], cams]
                    for k in ('cam_R', 'cam_T'))
            positions = [
                to_camera(world[r], R[i], T[i]).astype(np.float32)
                for i, r in enumerate(rows)
            ]
        return table.with_frames([points[r, c] for r, c in zip(rows, cams)],
                                 positions)

    @staticmethod
    def _table(file: ArrayFile):
        """Videos without frames, camera by camera within each sequence, and
        the row of each one's subject in the calibration."""
        seq = file.read('seq', 'seq')
        titles = file.read('seq_name', 'seq_name')
        first, length = np.unique(seq, return_index=True,
                                  return_counts=True)[1:]
        cams = file.read('cam_ids', 'cam_ids')
        subjects = file.read('cam_subjects', 'cam_subjects').tolist()
        owner = [subjects.index(s) for s in file.read('subject',
                                                      'subject')[first]]
        owner = np.repeat(owner, len(cams))
        which = np.tile(np.arange(len(cams)), len(first))
        lens = {k: file.read(f'cam_{k}', f'cam_{k}')[owner, which]
                for k in ('f', 'c', 'k', 'p', 'wh')}
        lens['p'] = lens['p'][:, ::-1]  # stored as p2, p1
        titles = np.repeat(titles[seq[first]], len(cams))
        names = dict(
            subject=np.array([f'S{subjects[i]}' for i in owner]),
            action=np.array([t.split('/')[1].split(' ')[0] for t in titles]),
            sequence=titles,
            camera=cams[which])
        length = np.repeat(length, len(cams))
        table = make_videos(file.path, None, length, lens, names)
        return replace(table, start=np.repeat(first, len(cams))), owner
