"""Images with person boxes and nothing else."""
import json
import os
import os.path as osp
from typing import Optional, Sequence

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, TRANSFORMS

from ...errors import UserError
from ...skeletons import get_skeleton
from ..image_files import SUFFIXES, check_images, image_size
from .pose_array import SHARED_META


@DATASETS.register_module()
class PersonImageDataset(BaseDataset):
    """Unlabelled persons: one item for each box.

    Items have img_path, img_id, id, bbox (1, 4) xyxy float32, bbox_score
    (1,), category_id and the joint set's meta keys, and no keypoints; MMPose's
    own datasets leave out persons without labels.

    Args:
        img_dir (str): Folder of the images; searched with its subfolders,
            in the order of names, unless ``ann_file`` is given.
        ann_file (str, optional): COCO JSON of images and annotations with
            ``bbox`` (xywh); file names are relative to ``img_dir``.
        boxes (str): What to do with an image without a box: 'refuse', or
            'whole' to take the whole image. A folder always has 'whole'.
        skeleton (str | Skeleton | dict): Joint set that a detector gives.
        data_root (str): Put before relative paths.
        pipeline (Sequence): Transforms of an item.
        indices (int | Sequence[int], optional): As ``BaseDataset``.

    Raises:
        UserError: No folder, file or image, a damaged image, no usable box.
    """

    def __init__(self,
                 img_dir: str,
                 ann_file: Optional[str] = None,
                 boxes: str = 'refuse',
                 skeleton='body15',
                 data_root: str = '',
                 pipeline: Sequence = (),
                 **kwargs):
        if boxes not in ('refuse', 'whole'):
            raise UserError('PersonImageDataset', 'boxes', boxes,
                            "give 'refuse' or 'whole'")
        self.img_dir = osp.join(data_root, img_dir)
        self.boxes = boxes
        if not osp.isdir(self.img_dir):
            raise UserError('PersonImageDataset', 'img_dir', self.img_dir,
                            'no such folder; correct the path')
        super().__init__(
            ann_file=osp.join(data_root, ann_file) if ann_file else '',
            metainfo=get_skeleton(skeleton).metainfo,
            pipeline=[
                TRANSFORMS.build(step) if isinstance(step, dict) else step
                for step in pipeline
            ],
            **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: dict = None) -> dict:
        return parse_pose_metainfo(metainfo)

    def load_data_list(self):
        rows = self._read_json() if self.ann_file else self._find()
        if not rows:
            raise UserError('PersonImageDataset', 'img_dir', self.img_dir,
                            f'no image in it ({", ".join(SUFFIXES)})')
        check_images(dict.fromkeys(r['img_path'] for r in rows),
                     self.ann_file or self.img_dir)
        for row in rows:
            if row['bbox'] is None:
                size = image_size(row['img_path'], self.img_dir)
                row['bbox'] = np.array([[0, 0, *size]], np.float32)
        return rows

    def _row(self, number, path, img_id, box, score=1.) -> dict:
        meta = {key: self._metainfo[key] for key in SHARED_META}
        return dict(
            meta,
            id=number,
            img_id=img_id,
            img_path=path,
            category_id=1,
            bbox=box,
            bbox_score=np.array([score], np.float32))

    def _find(self) -> list:
        """The images of the folder, each a box of its own."""
        paths = sorted(
            osp.join(folder, name)
            for folder, _, names in os.walk(self.img_dir) for name in names
            if name.lower().endswith(SUFFIXES))
        return [
            self._row(i, path, i, None) for i, path in enumerate(paths, 1)
        ]

    def _read_json(self) -> list:
        try:
            with open(self.ann_file, encoding='utf-8') as file:
                data = json.load(file)
            images, notes = data['images'], data.get('annotations', [])
            names = {i['id']: i['file_name'] for i in images}
            found = {i: [] for i in names}
            for note in notes:
                found[note['image_id']].append(note)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                self.ann_file, 'ann_file', self.ann_file,
                'not COCO JSON with images (id, file_name) and annotations '
                f'(image_id, bbox): {type(error).__name__}: {error}'
            ) from None
        rows = []
        for img_id, name in names.items():
            path = osp.join(self.img_dir, name)
            boxes = [(self._box(n, name), n.get('score', 1.))
                     for n in found[img_id] if 'bbox' in n]
            if not boxes and self.boxes == 'refuse':
                raise UserError(
                    self.ann_file, f'annotations of {name}', [],
                    'no person box; add one as bbox (x, y, width, height), '
                    "or take whole images by boxes='whole'")
            for box, score in boxes or [(None, 1.)]:
                rows.append(
                    self._row(len(rows) + 1, path, img_id, box, score))
        return rows

    def _box(self, note: dict, name: str) -> np.ndarray:
        """(1, 4) xyxy of an annotation."""
        box = np.array(note['bbox'], np.float32).reshape(-1)
        if box.shape != (4, ) or not np.isfinite(box).all() or \
                (box[2:] <= 0).any():
            raise UserError(self.ann_file, f'bbox of {name}', note['bbox'],
                            'give x, y, width and height, both above 0')
        return np.concatenate([box[:2], box[:2] + box[2:]])[None]
