"""The synthetic poses and images as a dataset."""
import zlib
from typing import Optional, Union

import numpy as np
from mmpose.registry import DATASETS

from ...errors import UserError
from ..datasets.pose_array import PoseArrayDataset
from .body import render_body
from .camera import camera_param
from .domains import PoseDomain, get_domain
from .image_cache import cached_images, content_key
from .looks import Style, get_style
from .maker import check_integers, make_poses

SPLITS = ('train', 'val', 'test')


@DATASETS.register_module()
class SyntheticPoseDataset(PoseArrayDataset):
    """Made-up persons in a source or a target domain; needs no file.

    Sample i of a seed and split is the same for every ``size``. Splits and
    seeds never share a sample: ``make_poses`` gets 3 * seed + 0, 1 or 2.

    Items have the fields of ``KeypointArrayDataset`` (keypoints (1, 15, 2) in
    image pixels, class_name, ...; ``dataset_name`` is 'synthetic_source' or
    'synthetic_target'), and besides: keypoints_3d (1, 15, 3) camera frame in
    metres, keypoints_3d_visible (1, 15), camera_param (R (3, 3) camera to
    world, T (3, 1), f, c (2, 1), w, h as MMPose's ``SimpleCamera``),
    img_shape. With ``images``: img (S, S, 3) uint8, ori_shape, and occluded
    (1, 15) bool, joints that one cannot see; keypoints_visible stays 1.

    Args:
        domain (str | PoseDomain): 'source', 'target' or one's own.
        size (int): Number of samples.
        seed (int): Not negative.
        split (str): 'train', 'val' or 'test'.
        images (bool): Draw an image for each item, about 5 ms at 128 px.
        image_size (int): Side of the square image in pixels.
        style (str | Style, optional): Looks of persons and places, 'source'
            or 'target'. None: that of the domain; another one separates the
            gap in looks from the gap in poses.
        channel_order (str): 'bgr' as MMPose's ``LoadImage`` gives it (its
            preprocessors turn it round), or 'rgb'.
        cache_dir (str, optional): Folder in which all images are kept,
            drawn once for all runs (3 S^2 bytes each); None: drawn for each
            item anew.
        **kwargs: ``indices``, ``pipeline``, ``test_mode``, ``lazy_init``,
            ``max_refetch`` of ``PoseArrayDataset``.

    Raises:
        UserError: If an argument is out of range.
    """

    def __init__(self,
                 domain: Union[str, PoseDomain] = 'source',
                 size: int = 10000,
                 seed: int = 0,
                 split: str = 'train',
                 images: bool = False,
                 image_size: int = 128,
                 style: Optional[Union[str, Style]] = None,
                 channel_order: str = 'bgr',
                 cache_dir: Optional[str] = None,
                 **kwargs):
        self.domain = get_domain(domain)
        self.style = get_style(style, self.domain)
        name = type(self).__name__
        check_integers(
            name, size=(size, 1), seed=(seed, 0), image_size=(image_size, 8))
        if split not in SPLITS:
            raise UserError(name, 'split', split, f'choose from {SPLITS}')
        if channel_order not in ('rgb', 'bgr'):
            raise UserError(name, 'channel_order', channel_order,
                            "choose 'rgb' or 'bgr'")
        self.size, self.images, self.image_size = size, images, image_size
        self.channel_order = channel_order
        self.cache_dir, self._drawn = cache_dir, None
        self.pose_seed = len(SPLITS) * seed + SPLITS.index(split)
        super().__init__('body15', **kwargs)

    def load_arrays(self):
        self._metainfo['dataset_name'] = f'synthetic_{self.domain.name}'
        made = make_poses(self.domain, self.size, self.pose_seed,
                          self.image_size)
        self._rows = np.arange(self.size)
        self._poses_3d, self._camera = made['keypoints_3d'], made['camera']
        return made['keypoints'], made['visible'], made['action']

    @property
    def poses_3d(self) -> np.ndarray:
        """(N, 15, 3) float32, camera frame, metres."""
        self.full_init()
        return self._poses_3d[self._rows]

    def _select(self, rows: np.ndarray):
        super()._select(rows)
        self._rows = self._rows[rows]

    def get_data_info(self, idx: int) -> dict:
        """One item: see the class."""
        info = super().get_data_info(idx)
        row = self._rows[info['id']]
        info.update(
            keypoints_3d=self._poses_3d[row][None].copy(),
            keypoints_3d_visible=info['keypoints_visible'].copy(),
            camera_param=camera_param(self._camera, row),
            img_shape=(self.image_size, self.image_size))
        if self.images:
            info.update(self._cached(row) if self.cache_dir else
                        self._image(row), ori_shape=info['img_shape'])
        return info

    def _cached(self, row: int) -> dict:
        """A copy of the picture in the cache, which the first call makes."""
        if self._drawn is None:
            key = content_key(
                self._poses_3d, self._camera['f'], self._camera['c'],
                np.array([self._look(i) for i in range(self.size)]),
                self.style, self.domain.name, self.pose_seed,
                self.image_size, self.channel_order)
            self._drawn = cached_images(
                self.cache_dir, key, self.size, self.image_size,
                self._poses_3d.shape[1], self._image)
        made = self._drawn[row]
        return dict(img=np.array(made['img']),
                    occluded=np.array(made['occluded']))

    def _look(self, row: int) -> int:
        """Number of the appearance of a sample: its own."""
        return row

    def _image(self, row: int) -> dict:
        """The picture of a sample; depends on domain, seed and row only."""
        rng = np.random.default_rng([
            self.pose_seed,
            zlib.crc32(f'image {self.domain.name}'.encode()),
            int(self._look(row))
        ])
        drawn = render_body(self._poses_3d[row], self._camera['f'][row],
                            self._camera['c'][row], self.image_size,
                            self.style, rng)
        image = drawn['img']
        if self.channel_order == 'bgr':
            image = np.ascontiguousarray(image[..., ::-1])
        return dict(img=image, occluded=drawn['occluded'][None])
