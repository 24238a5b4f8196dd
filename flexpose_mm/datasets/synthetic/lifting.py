"""Clips of synthetic moving persons, for lifters; needs no file."""
from typing import Dict, Union

import numpy as np
from mmpose.registry import DATASETS

from ...errors import UserError
from ...skeletons import JointMapping, map_joints
from ..datasets.lifting_clip import LiftingClipDataset
from ..datasets.lifting_videos import Videos, make_videos
from .camera import project
from .dataset import SPLITS
from .domains import PoseDomain, get_domain
from .maker import check_integers, make_sequences

#: The synthetic body bends nowhere between pelvis, neck and head: the points
#: there lie on straight lines.
BODY15_TO_H36M17 = JointMapping(
    'body15', 15,
    tuple(
        zip((2, 12, 13, 14, 9, 10, 11, (1, 2), 1, (0, 1), 0, 3, 4, 5, 6, 7,
             8), range(17))), 'h36m17')


def make_h36m17_sequences(*args, **kwargs) -> Dict[str, np.ndarray]:
    """``make_sequences`` with keypoints (n, T, 17, 2), the projections of
    keypoints_3d (n, T, 17, 3), in the order 'h36m17'."""
    made = make_sequences(*args, **kwargs)
    positions = map_joints(made['keypoints_3d'], None, BODY15_TO_H36M17)[0]
    camera = made['camera']
    return dict(made, keypoints_3d=positions,
                keypoints=project(positions, camera['f'], camera['c']))


@DATASETS.register_module()
class SyntheticLiftingDataset(LiftingClipDataset):
    """``make_sequences`` cut into clips: 3D, its exact linear projection.

    Video i of a (domain, seed, split) is the same for every ``videos``.
    Subject is 'P<i>', action that of the domain.

    Args:
        domain (str | PoseDomain): 'source', 'target' or one's own.
        videos (int): Number of persons, each before a camera of its own.
        frames (int): Frames of each.
        fps (float): Frames per second.
        seed (int): Not negative.
        split (str): 'train', 'val' or 'test'.
        image_size (int): Side of the square image in pixels.
        **kwargs: As ``LiftingClipDataset``, without ``ann_file``.
    """

    def __init__(self,
                 domain: Union[str, PoseDomain] = 'source',
                 videos: int = 200,
                 frames: int = 81,
                 fps: float = 10.,
                 seed: int = 0,
                 split: str = 'train',
                 image_size: int = 1000,
                 **kwargs):
        self.domain, name = get_domain(domain), type(self).__name__
        check_integers(
            name, videos=(videos, 1), frames=(frames, 1), seed=(seed, 0),
            image_size=(image_size, 8))
        if split not in SPLITS:
            raise UserError(name, 'split', split, f'choose from {SPLITS}')
        self.num_videos, self.frames, self.fps = videos, frames, fps
        self.pose_seed = len(SPLITS) * seed + SPLITS.index(split)
        self.image_size = image_size
        super().__init__(**kwargs)

    def load_videos(self) -> Videos:
        self._metainfo['dataset_name'] = f'synthetic_{self.domain.name}'
        made = make_h36m17_sequences(self.domain, self.num_videos,
                                     self.frames, self.pose_seed, self.fps,
                                     self.image_size)
        points, positions = (made[key].reshape(-1, 17, made[key].shape[-1])
                             for key in ('keypoints', 'keypoints_3d'))
        camera, count = made['camera'], self.num_videos
        person = [f'P{i}' for i in range(count)]
        names = dict(
            subject=person,
            action=made['action'],
            sequence=[f'{p}/{a}' for p, a in zip(person, made['action'])],
            camera=['0'] * count)
        lens = dict(f=camera['f'], c=camera['c'],
                    wh=np.full(2, self.image_size))
        return make_videos(
            f'synthetic {self.domain.name}', points,
            np.full(count, self.frames), lens, names,
            positions=positions if self.with_3d else None)
