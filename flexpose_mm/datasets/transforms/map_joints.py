"""Joint mapping in a pipeline."""
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import TRANSFORMS

from ...skeletons import get_mapping, map_joints


@TRANSFORMS.register_module()
class MapJoints(BaseTransform):
    """Bring the poses of any MMPose dataset to a shared skeleton.

    Unlike MMPose's ``KeypointConverter`` it keeps float32 and replaces
    everything in the results that depends on the joint order.

    Required Keys: keypoints (n, K_source, 2), keypoints_visible
    (n, K_source), optional.

    Modified Keys: keypoints (n, K, 2), keypoints_visible (n, K),
    num_keypoints, flip_indices, flip_pairs, upper_body_ids, lower_body_ids,
    dataset_keypoint_weights, skeleton_links.

    Args:
        mapping (str | JointMapping): See ``flexpose_mm.skeletons.MAPPINGS``.
    """

    def __init__(self, mapping):
        self.mapping = get_mapping(mapping)
        meta = parse_pose_metainfo(self.mapping.target_skeleton.metainfo)
        self._meta = {
            key: meta[key]
            for key in ('flip_indices', 'flip_pairs', 'upper_body_ids',
                        'lower_body_ids', 'dataset_keypoint_weights',
                        'skeleton_links')
        }

    def transform(self, results: dict) -> dict:
        visible = results.get('keypoints_visible')
        if visible is not None and visible.ndim == 3:
            visible = visible[..., 0]  # MMPose's (visible, weight) pairs
        points, visible = map_joints(
            np.asarray(results['keypoints'], np.float32), visible,
            self.mapping)
        results.update(keypoints=points, keypoints_visible=visible,
                       num_keypoints=int((visible > 0).sum()), **self._meta)
        return results

    def __repr__(self):
        return f'{type(self).__name__}(mapping={self.mapping.name!r})'
