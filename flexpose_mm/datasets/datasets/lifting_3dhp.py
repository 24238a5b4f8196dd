"""MPI-INF-3DHP for lifters."""
import numpy as np
from mmpose.registry import DATASETS

from .array_file import ArrayFile
from .lifting_clip import LiftingClipDataset
from .lifting_videos import Videos, make_videos


@DATASETS.register_module()
class MPIINF3DHPLiftingDataset(LiftingClipDataset):
    """MPI-INF-3DHP in one of two layouts, told apart by their arrays.

    The plain layout, which ``tools/dataset_converters/mpi_inf_3dhp.py``
    makes of the common training and test files (order '3dhp17', gathered to
    'h36m17' on the way out); and one test sequence in the camera's frame
    (``positions_cam``, already in the order 'h36m17'). Invalid frames go
    through the lifter, for they belong to the clips, but count nowhere. The
    sequence ('TS1' to 'TS6') is the action, so that MMPose's MPJPE tells
    each one's error.

    Args:
        **kwargs: As ``LiftingClipDataset``.
    """

    def load_videos(self) -> Videos:
        file = ArrayFile(self.ann_file)
        if 'positions_cam' not in file.names:
            return super().load_videos()
        name = np.array([str(file.read('sequence', 'sequence'))])
        points = file.read('keypoints_2d', 'keypoints_2d')
        return make_videos(
            file.path, points, np.array([len(points)]), {
                key: file.read(f'cam_{key}', f'cam_{key}')
                for key in ('f', 'c', 'wh')
            },
            dict(subject=name, action=name, sequence=name,
                 camera=np.array(['0'])),
            positions=file.read('positions_cam', 'positions_cam')
            if self.with_3d else None,
            valid=file.read('valid', 'valid'))
