"""Poses of an array file together with their images."""
import os.path as osp

import numpy as np
from mmpose.registry import DATASETS

from ..image_files import check_images
from .array_file import ArrayFile
from .keypoint_array import KeypointArrayDataset


@DATASETS.register_module()
class KeypointImageDataset(KeypointArrayDataset):
    """``KeypointArrayDataset`` whose items also have an image file.

    Made for small sets such as LSP: keypoints (N, K, 2) in image pixels and
    an array of N file names. The box of an item is that of its joints.

    Args:
        img_dir (str): Folder of the images, joined to ``data_root``.
        image_key (str): Array of file names, (N,).
        **kwargs: As ``KeypointArrayDataset``.

    Raises:
        UserError: As there; a missing or damaged image.
    """

    def __init__(self,
                 *args,
                 img_dir: str,
                 image_key: str = 'image',
                 data_root: str = '',
                 **kwargs):
        self.img_dir = osp.join(data_root, img_dir)
        self.image_key = image_key
        super().__init__(*args, data_root=data_root, **kwargs)

    def load_arrays(self):
        loaded = super().load_arrays()
        file = ArrayFile(self.ann_file)
        length = len(file.read('keypoints_key', self.keypoints_key))
        names = self._row_array(file, 'image_key', self.image_key, length)
        names = names[self._rows].astype(str)
        self.paths = np.array([osp.join(self.img_dir, n) for n in names])
        check_images(dict.fromkeys(self.paths), self.ann_file)
        return loaded

    def _select(self, rows):
        super()._select(rows)
        self.paths = self.paths[rows]

    def get_data_info(self, idx: int) -> dict:
        """One item, with img_path."""
        info = super().get_data_info(idx)
        info['img_path'] = str(self.paths[info['id']])
        return info
