"""Pack a pose without an image."""
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import InstanceData
from mmpose.registry import TRANSFORMS
from mmpose.structures import PoseDataSample


@TRANSFORMS.register_module()
class PackPose(BaseTransform):
    """Pack one pose in canvas coordinates for a generator or adapter.

    Required Keys: keypoints (1, K, 2), keypoints_visible (1, K).

    Returns a dict of ``inputs``, a float32 tensor (K, 2) in canvas
    coordinates, and ``data_samples``, a PoseDataSample with
    gt_instances.keypoints (1, K, 2) and keypoints_visible (1, K) as float32
    arrays, and those of ``meta_keys`` that are present.

    Args:
        meta_keys (tuple[str]): Keys to carry as meta information.
    """

    def __init__(self,
                 meta_keys=('sample_idx', 'mixup', 'class_name',
                            'canvas_center', 'canvas_half_side',
                            'dataset_name')):
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        keypoints = np.asarray(results['keypoints'], np.float32)
        visible = np.asarray(results['keypoints_visible'], np.float32)
        sample = PoseDataSample(metainfo={
            key: results[key]
            for key in self.meta_keys if key in results
        })
        sample.gt_instances = InstanceData(
            keypoints=keypoints, keypoints_visible=visible)
        return dict(inputs=torch.from_numpy(keypoints[0].copy()),
                    data_samples=sample)

    def __repr__(self):
        return f'{type(self).__name__}(meta_keys={self.meta_keys})'
