"""3DPW for lifters."""
from typing import Sequence

import numpy as np
from mmpose.registry import DATASETS

from .lifting_clip import LiftingClipDataset


@DATASETS.register_module()
class PW3DLiftingDataset(LiftingClipDataset):
    """3DPW in the plain layout of ``tools/dataset_converters/pw3d.py``.

    Its joints are SMPL's 24 ('smpl24'), gathered to 'h36m17': thorax,
    neck/nose and head top are SMPL's chest, neck and head. Portrait images
    are normalised by their longer side. Each person of a sequence is a
    video.

    Args:
        unscored (Sequence[int]): Joints that tests leave out, because SMPL
            has no joint there: spine to head top by default. (Procrustes
            alignment still sees them.)
        norm_size (str): See ``LiftingClipDataset``.
        **kwargs: As ``LiftingClipDataset``.
    """

    def __init__(self,
                 *args,
                 unscored: Sequence[int] = (7, 8, 9, 10),
                 norm_size: str = 'longer',
                 **kwargs):
        self.unscored = list(unscored)
        super().__init__(*args, norm_size=norm_size, **kwargs)

    def _target(self, rows: np.ndarray, counts: np.ndarray) -> dict:
        found = super()._target(rows, counts)
        if self.test_mode:
            found['lifting_target_visible'][:, self.unscored] = 0
        return found
