"""Poses of any dataset, in bulk."""
from typing import Callable, Tuple

import numpy as np
from mmpose.datasets import CombinedDataset
from mmpose.datasets.transforms import KeypointConverter
from torch.utils.data import Subset

from ...errors import UserError
from ...skeletons import get_mapping, map_joints


def collect_poses(dataset, mapping=None):
    """All poses of a dataset as arrays.

    Args:
        dataset: One of ours (``.poses``), or any MMPose dataset whose items
            have keypoints (n, K, 2) in image pixels, such as CocoDataset.
        mapping (str | JointMapping, optional): Joint mapping to apply.

    Returns:
        tuple: poses (N, K, 2) float32, visible (N, K) float32, classes (N,)
        str or None.

    Raises:
        UserError: No pose, items without keypoints, wrong joint count.
    """
    mapping = None if mapping is None else get_mapping(mapping)
    if hasattr(dataset, 'poses'):
        poses, visible = dataset.poses, dataset.visible
        classes = dataset.classes
    else:
        poses, visible, classes, _ = _iterate(dataset)
    if mapping is not None:
        poses, visible = map_joints(poses, visible, mapping)
    return poses, visible, classes


def collect_items(
    dataset, log: Callable = lambda line: None
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All poses of a dataset, with the item that each belongs to.

    Args:
        dataset: As in :func:`collect_poses`; MMEngine's wrappers, torch's
            ``Subset`` and MMPose's ``CombinedDataset`` are looked through,
            and no image is read.
        log (Callable): Gets lines of progress.

    Returns:
        tuple: poses (M, K, 2) float32, visible (M, K) float32, owner (M,)
        int64, ascending.

    Raises:
        UserError: No pose, items without keypoints, unequal joints.
    """
    while hasattr(dataset, 'pose_dataset'):  # of a pair of domains
        dataset = dataset.pose_dataset
    if hasattr(dataset, 'poses'):
        poses = np.ascontiguousarray(dataset.poses, np.float32)
        visible = np.ascontiguousarray(dataset.visible, np.float32)
        return poses, visible, np.arange(len(poses))
    poses, visible, _, owner = _iterate(dataset, log)
    return poses, visible, owner


def item_info(dataset, index: int) -> dict:
    """The annotation of an item as the dataset's pipeline gets it.

    Raises:
        UserError: A dataset without ``get_data_info``, or one that draws
            its items at random.
    """
    if isinstance(dataset, Subset):
        return item_info(dataset.dataset, int(dataset.indices[index]))
    if isinstance(dataset, CombinedDataset):
        return _combined_info(dataset, index)
    if not hasattr(dataset, 'get_data_info'):
        raise UserError(type(dataset).__name__, 'get_data_info', None,
                        'its poses cannot be read; name a dataset of '
                        'MMEngine or MMPose')
    return dataset.get_data_info(index)


def _combined_info(dataset: CombinedDataset, index: int) -> dict:
    """Item of a part, with its joints converted; no image is loaded."""
    if dataset.resample:
        raise UserError(
            'CombinedDataset', 'sample_ratio_factor', dataset.lens,
            'with it an index stands for another pose each time; repeat '
            'parts by RepeatDataset instead')
    part, local = dataset._get_subset_index(index)
    part = dataset.datasets[part]
    info = item_info(part, local)
    for step in part.pipeline.transforms:
        if isinstance(step, KeypointConverter):
            info = step(info)
    return info


def _item_arrays(dataset, index: int) -> tuple:
    """keypoints (n, K, 2), visible (n, K), class of an item."""
    info = item_info(dataset, index)
    if 'keypoints' not in info:
        raise UserError(
            type(dataset).__name__, 'keypoints', sorted(info),
            'its items have no keypoints; name a pose dataset')
    points = np.asarray(info['keypoints'], np.float32)[..., :2]
    seen = np.asarray(info['keypoints_visible'], np.float32)
    # KeypointConverter's second channel says whether there is a label
    seen = seen.prod(-1) if seen.ndim == 3 else seen
    return points, (seen > 0).astype(np.float32), info.get('class_name')


def _iterate(dataset, log: Callable = lambda line: None):
    name, total = type(dataset).__name__, len(dataset)
    poses, visible, classes, owner = [], [], [], []
    for index in range(total):
        points, seen, label = _item_arrays(dataset, index)
        if poses and points.shape[1:] != poses[0].shape[1:]:
            raise UserError(
                name, f'keypoints of item {index}', points.shape,
                f'others have {poses[0].shape[1]} joints; convert them to '
                'one joint set (KeypointConverter)')
        poses.append(points)
        visible.append(seen)
        classes += [label] * len(points)
        owner += [index] * len(points)
        if (index + 1) % 100000 == 0:
            log(f'{name}: poses of {index + 1} of {total} items read')
    if not poses:
        raise UserError(name, 'len', 0, 'it holds no pose')
    known = None if None in classes else np.array(classes)
    return (np.concatenate(poses), np.concatenate(visible), known,
            np.array(owner, np.int64))
