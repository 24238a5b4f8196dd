"""Images without poses, in pairs: what KeypointGAN learns from."""
import copy
import os.path as osp
from typing import Optional, Sequence

import numpy as np
from mmcv.transforms import to_tensor
from mmpose.registry import DATASETS, TRANSFORMS
from torch.utils.data import Dataset

from ...errors import UserError
from ..image_files import check_images

#: Everything a label could come in by.
LABELS = ('keypoints', 'keypoints_visible', 'keypoints_3d',
          'keypoints_3d_visible', 'keypoints_cam', 'occluded', 'num_keypoints',
          'segmentation', 'area', 'raw_ann_info', 'head_size')


def _compose(steps: Sequence) -> list:
    return [
        TRANSFORMS.build(step) if isinstance(step, dict) else step
        for step in steps
    ]


def _apply(steps: list, results: dict) -> dict:
    for step in steps:
        results = step(results)
        if results is None:
            raise UserError(
                'UnpairedPoseImageDataset', 'pipeline',
                type(step).__name__, 'it rejected an item; leave it out')
    return results


@DATASETS.register_module()
class UnpairedPoseImageDataset(Dataset):
    """Crops of persons with a second view each; no label passes.

    Poses are not part of an item: they are unpaired, and ``PoseBankHook``
    adds a batch of them to a batch of images. An item is what the pipeline's
    packing gives (inputs (3, S, S) uint8, data_samples without labels) and
    ``condition`` (3, S, S) uint8, the same person once more: another frame
    of its video, or the same crop through ``condition_pipeline``.

    Args:
        dataset (dict | Dataset): Any dataset with images and person boxes,
            ours or MMPose's in 'topdown' mode; its own pipeline is not used.
        pipeline (Sequence): Crops a person to the model's size. Default:
            none, which suits images that are crops already.
        condition_pipeline (Sequence): What is done to the second view
            besides, such as ``ThinPlateWarp``.
        pairs (str): Where second views come from: 'same' (the same crop),
            'video' (items with equal ``dataset.videos``), 'folder' (images in
            one folder).
        window (int): Largest distance of the two frames in the dataset.
        pack (dict): The last transform.

    Raises:
        UserError: No image, a damaged one, a person without a box, still
            images without a ``condition_pipeline``.
    """

    def __init__(self,
                 dataset,
                 pipeline: Sequence = (),
                 condition_pipeline: Sequence = (),
                 pairs: str = 'same',
                 window: int = 1000,
                 pack: dict = dict(type='PackPoseInputs')):
        self.dataset = DATASETS.build(dataset) if isinstance(
            dataset, dict) else dataset
        name = type(self).__name__
        if pairs not in ('same', 'video', 'folder'):
            raise UserError(name, 'pairs', pairs,
                            "give 'same', 'video' or 'folder'")
        if window < 1:
            raise UserError(name, 'window', window, 'give at least 1')
        if pairs == 'same' and not condition_pipeline:
            raise UserError(
                name, 'condition_pipeline', [],
                'a still image would be its own second view and teach '
                "nothing; add dict(type='ThinPlateWarp')")
        self.pairs, self.window = pairs, window
        self.pipeline = _compose(pipeline)
        self.condition_pipeline = _compose(condition_pipeline)
        self.pack = _compose([pack])
        self._groups = None
        self.full_init()

    @property
    def metainfo(self) -> dict:
        """dict: That of the images' dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Look at all boxes and image files, once."""
        if self._groups is not None:
            return
        if hasattr(self.dataset, 'full_init'):
            self.dataset.full_init()
        if not len(self.dataset):
            raise UserError(type(self.dataset).__name__, 'len', 0,
                            'it holds no image')
        files = None
        if not hasattr(self.dataset, 'poses'):  # ours has looked itself
            files = self._check_items()
        self._groups = self._find_groups(files)

    def _check_items(self) -> list:
        where = type(self.dataset).__name__
        files = []
        for index in range(len(self.dataset)):
            info = self.dataset.get_data_info(index)
            files.append(info.get('img_path', ''))
            box = np.asarray(info.get('bbox', []), np.float32).reshape(-1)
            if box.shape != (4, ) or not (box[2:] > box[:2]).all():
                raise UserError(
                    where, f'bbox of {files[-1] or index}', box.tolist(),
                    'give one person box (x1, y1, x2, y2) of a positive area '
                    'for each item')
        check_images(dict.fromkeys(f for f in files if f), where)
        return files

    def _find_groups(self, files: Optional[list]) -> np.ndarray:
        """(N,) numbers: items with equal ones show the same person."""
        if self.pairs == 'same':
            return np.arange(len(self.dataset))
        if self.pairs == 'video':
            if not hasattr(self.dataset, 'videos'):
                raise UserError(
                    'UnpairedPoseImageDataset', 'pairs', 'video',
                    f'{type(self.dataset).__name__} does not say which '
                    "frames belong together; use 'folder' or 'same'")
            names = self.dataset.videos
        else:
            files = files or [
                self.dataset.get_data_info(i)['img_path']
                for i in range(len(self.dataset))
            ]
            names = [osp.dirname(path) for path in files]
        return np.unique(np.asarray(names), return_inverse=True)[1]

    def partner(self, idx: int) -> int:
        """Another item of the same group, near ``idx`` in the dataset."""
        low = max(idx - self.window, 0)
        near = self._groups[low:idx + self.window + 1] == self._groups[idx]
        near[idx - low] = False
        rows = np.flatnonzero(near)
        return int(low + np.random.choice(rows)) if len(rows) else idx

    def get_data_info(self, idx: int) -> dict:
        """The item's description, without labels."""
        info = self.dataset.get_data_info(range(len(self))[idx])
        return {key: info[key] for key in info if key not in LABELS}

    @staticmethod
    def _check_color(results: dict) -> None:
        shape = results['img'].shape
        if len(shape) != 3 or shape[2] != 3:
            raise UserError(
                'UnpairedPoseImageDataset',
                f'image {results.get("img_path", "")}', shape,
                "load images in colour: LoadImage(color_type='color')")

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict:
        first = _apply(self.pipeline, self.get_data_info(idx))
        other = idx if self.pairs == 'same' else self.partner(idx)
        if other == idx:
            second = copy.deepcopy(first)
        else:
            second = _apply(self.pipeline, self.get_data_info(other))
        self._check_color(first)
        second = _apply(self.condition_pipeline, second)['img']
        item = _apply(self.pack, first)
        item['condition'] = to_tensor(
            np.ascontiguousarray(second.transpose(2, 0, 1)))
        return item
