"""Moving synthetic persons: several frames of each."""
from typing import Optional

import numpy as np
from mmpose.registry import DATASETS

from .dataset import SyntheticPoseDataset
from .maker import check_integers, make_sequences


@DATASETS.register_module()
class SyntheticVideoDataset(SyntheticPoseDataset):
    """``SyntheticPoseDataset`` in which persons move before a fixed camera.

    Item ``v * frames + t`` is frame t of person v: one look, one place, one
    camera, as a video pair for KeypointGAN needs. Images are drawn on first
    use and kept (3 S^2 bytes each).

    Args:
        videos (int): Number of persons.
        frames (int): Frames of each.
        fps (float): Frames per second.
        **kwargs: As ``SyntheticPoseDataset``, ``size`` excepted.
    """

    def __init__(self,
                 videos: int = 500,
                 frames: int = 8,
                 fps: float = 3.,
                 **kwargs):
        check_integers(
            type(self).__name__, videos=(videos, 1), frames=(frames, 1))
        self.frames, self.fps = frames, fps
        self._kept: Optional[dict] = {}
        super().__init__(size=videos * frames, **kwargs)

    def load_arrays(self):
        self._metainfo['dataset_name'] = f'synthetic_{self.domain.name}'
        made = make_sequences(self.domain, self.size // self.frames,
                              self.frames, self.pose_seed, self.fps,
                              self.image_size)
        self._rows = np.arange(self.size)
        camera = made['camera']
        self._camera = {
            **camera,
            **{k: camera[k].repeat(self.frames, 0)
               for k in 'RTfc'}
        }
        self._poses_3d = made['keypoints_3d'].reshape(-1, 15, 3)
        return (made['keypoints'].reshape(-1, 15, 2),
                made['visible'].reshape(-1, 15),
                made['action'].repeat(self.frames))

    @property
    def videos(self) -> np.ndarray:
        """(N,) number of the person in each item."""
        self.full_init()
        return self._rows // self.frames

    def _look(self, row: int) -> int:
        return row // self.frames

    def _image(self, row: int) -> dict:
        if row not in self._kept:
            self._kept[row] = super()._image(row)
        kept = self._kept[row]
        return {key: value.copy() for key, value in kept.items()}
