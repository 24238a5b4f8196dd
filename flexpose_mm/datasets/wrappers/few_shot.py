"""A handful of poses of a dataset."""
from typing import Optional, Sequence

import numpy as np
from mmpose.registry import DATASETS

from ...errors import UserError, check_seed
from ...skeletons import Skeleton, get_mapping, get_skeleton
from ..datasets.collect import collect_poses
from ..datasets.pose_array import SHARED_META, PoseArrayDataset
from ..transforms.normalize_pose import check_poses


def draw_shots(classes: Optional[np.ndarray], usable: np.ndarray,
               n_per_class: int, seed: int) -> np.ndarray:
    """Draw n poses of each class without replacement.

    Args:
        classes (np.ndarray, optional): (N,) names; None: one class.
        usable (np.ndarray): (N,) bool, poses that may be drawn.
        n_per_class (int): Number per class, n in all without classes.
        seed (int): Of the draw.

    Returns:
        np.ndarray: int64 indices, class after class in sorted order.

    Raises:
        UserError: n below 1, or a class with fewer than n usable poses.
    """
    if not isinstance(n_per_class, (int, np.integer)) or n_per_class < 1:
        raise UserError('FewShotDataset', 'n_per_class', n_per_class,
                        'give a whole number of at least 1')
    check_seed('FewShotDataset', seed)
    rng = np.random.default_rng(seed)
    if classes is None:
        classes = np.full(len(usable), 'the dataset')
    drawn = []
    for name in np.unique(classes):
        rows = np.flatnonzero((classes == name) & usable)
        if len(rows) < n_per_class:
            raise UserError(
                'FewShotDataset', 'n_per_class', n_per_class,
                f'{name} has only {len(rows)} usable pose(s); take fewer, or '
                'leave the class out with select=')
        drawn.append(rng.choice(rows, n_per_class, replace=False))
    return np.concatenate(drawn)


def build_source(dataset, skeleton=None, mapping=None):
    """Build the inner dataset and find its joint set after ``mapping``.

    Returns:
        tuple: dataset, Skeleton.

    Raises:
        UserError: It differs from ``skeleton``.
    """
    if isinstance(dataset, dict):
        dataset = DATASETS.build(dataset)
    if mapping is not None:
        own = get_mapping(mapping).target_skeleton
    elif hasattr(dataset, 'skeleton'):
        own = dataset.skeleton
    else:
        own = Skeleton.from_metainfo(dataset.metainfo)
    if skeleton is not None:
        own.check_same(get_skeleton(skeleton), type(dataset).__name__)
    return dataset, own


@DATASETS.register_module()
class FewShotDataset(PoseArrayDataset):
    """n poses of each class of another dataset, drawn once.

    Items are those of the inner dataset (image path, box, ids), with the
    joints mapped. ``indices`` after the draw are positions in it.

    Args:
        dataset (dict | Dataset): Any pose dataset, ours or MMPose's in
            'topdown' mode.
        n_per_class (int): Poses per class, or in all if the dataset has no
            classes. Default: 2.
        seed (int): Of the draw.
        mapping (str | JointMapping, optional): Joint mapping to apply, for
            example 'coco17' for a CocoDataset.
        skeleton (str | Skeleton | dict, optional): Expected joint set; given
            only to be checked.
        require_all (bool): Draw only poses with all joints present.
        pipeline (Sequence, optional): Transforms; None: the inner dataset's.
        **kwargs: ``test_mode``, ``lazy_init``, ``max_refetch``.

    Attributes:
        indices (np.ndarray): (n,) positions in the inner dataset.

    Raises:
        UserError: Too few poses, or joint sets that differ.
    """

    def __init__(self,
                 dataset,
                 n_per_class: int = 2,
                 seed: int = 0,
                 mapping=None,
                 skeleton=None,
                 require_all: bool = True,
                 pipeline: Optional[Sequence] = None,
                 **kwargs):
        self.dataset, skeleton = build_source(dataset, skeleton, mapping)
        self.n_per_class, self.seed = n_per_class, seed
        self.mapping, self.require_all = mapping, require_all
        if pipeline is None:
            pipeline = self.dataset.pipeline.transforms
        super().__init__(skeleton, pipeline=pipeline, **kwargs)

    def load_arrays(self):
        poses, visible, classes = collect_poses(self.dataset, self.mapping)
        if len(poses) != len(self.dataset):
            raise UserError(
                type(self.dataset).__name__, 'data_mode', 'bottomup',
                "items with several persons cannot be drawn; use 'topdown'")
        least = visible.shape[1] if self.require_all else 1
        usable = (visible > 0).sum(1) >= least
        self.indices = draw_shots(classes, usable, self.n_per_class,
                                  self.seed)
        poses, visible = poses[self.indices], visible[self.indices]
        check_poses(poses, visible, type(self.dataset).__name__,
                    self.indices)
        return (poses, visible,
                None if classes is None else classes[self.indices])

    def _select(self, rows):
        super()._select(rows)
        self.indices = self.indices[rows]

    def get_data_info(self, idx: int) -> dict:
        own = super().get_data_info(idx)
        info = dict(self.dataset.get_data_info(int(self.indices[idx])))
        for key in ('keypoints', 'keypoints_visible', 'num_keypoints',
                    'sample_idx', *SHARED_META):
            if key != 'dataset_name':
                info[key] = own[key]
        return info
