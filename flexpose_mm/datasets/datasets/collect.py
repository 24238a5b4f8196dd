"""Poses of any dataset, in bulk."""
import numpy as np

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
        poses, visible, classes = _iterate(dataset)
    if mapping is not None:
        poses, visible = map_joints(poses, visible, mapping)
    return poses, visible, classes


def _iterate(dataset):
    name = type(dataset).__name__
    poses, visible, classes = [], [], []
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        if 'keypoints' not in info:
            raise UserError(name, 'keypoints', sorted(info),
                            'its items have no keypoints; name a pose '
                            'dataset')
        points = np.asarray(info['keypoints'], np.float32)[..., :2]
        seen = np.asarray(info['keypoints_visible'], np.float32)
        seen = seen[..., 0] if seen.ndim == 3 else seen
        poses.append(points)
        visible.append((seen > 0).astype(np.float32))
        classes += [info.get('class_name')] * len(points)
    if not poses:
        raise UserError(name, 'len', 0, 'it holds no pose')
    known = None if None in classes else np.array(classes)
    return np.concatenate(poses), np.concatenate(visible), known
