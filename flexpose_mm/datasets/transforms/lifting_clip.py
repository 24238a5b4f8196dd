"""Mirror and pack the clips of ``LiftingClipDataset``."""
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmengine.structures import InstanceData
from mmpose.registry import TRANSFORMS
from mmpose.structures import PoseDataSample

from ...errors import UserError

_POINTS = ('keypoints', 'lifting_target')
_JOINTS = ('keypoint_weights', 'lifting_target_visible')
#: Slots of a camera that change their sign in a mirror: c'x and p1.
_CAMERA_SLOTS = [2, 7]


def flip_clip(results: dict) -> dict:
    """The mirrored clip: x negated in 2D, 3D and camera, sides exchanged.

    Args:
        results (dict): An item of ``LiftingClipDataset``; stays as it is.
    """
    flipped, swap = dict(results), list(results['flip_indices'])
    for key in _POINTS:
        if key in results:
            flipped[key] = results[key][:, swap].copy()
            flipped[key][..., 0] *= -1
    for key in _JOINTS:
        if key in results:
            flipped[key] = results[key][:, swap].copy()
    for key, slots in (('camera', _CAMERA_SLOTS), ('trajectory', 0)):
        if key in results:
            flipped[key] = results[key].copy()
            flipped[key][..., slots] *= -1
    flipped['flip'] = not results.get('flip', False)
    return flipped


@TRANSFORMS.register_module()
class RandomFlipClip(BaseTransform):
    """Mirror a clip now and then.

    MMPose's ``RandomFlipAroundRoot`` needs a 3D label, which unlabelled
    clips have not.

    Required Keys: keypoints, camera, flip_indices. Modified Keys: these,
    keypoint_weights, lifting_target, lifting_target_visible, trajectory.
    Added Keys: flip.

    Args:
        prob (float): How often.

    Raises:
        UserError: ``prob`` is no probability.
    """

    def __init__(self, prob: float = 0.5):
        if not 0 <= prob <= 1:
            raise UserError('RandomFlipClip', 'prob', prob, 'give 0 to 1')
        self.prob = prob

    @cache_randomness
    def _draw(self) -> bool:
        return np.random.rand() < self.prob

    def transform(self, results: dict) -> dict:
        return flip_clip(results) if self._draw() else results

    def __repr__(self):
        return f'{type(self).__name__}(prob={self.prob})'


@TRANSFORMS.register_module()
class PackClip(BaseTransform):
    """Pack a clip for a lifter and for MMPose's 3D metrics.

    Returns a dict of ``inputs``, a float32 tensor (F, J, 2), and
    ``data_samples``, a PoseDataSample: gt_instance_labels (tensors) with
    keypoint_weights (F, J) and, if the clip has 3D, lifting_target (F, J, 3),
    lifting_target_visible (F, J) and perhaps trajectory (F, 3); gt_instances
    (arrays) with the same 3D and frame_weight (F,); and ``meta_keys`` as
    metainfo.

    Args:
        meta_keys (tuple[str]): Keys to carry as meta information.
    """
    LABELS = ('keypoint_weights', 'lifting_target', 'lifting_target_visible',
              'trajectory')
    INSTANCES = ('lifting_target', 'lifting_target_visible', 'frame_weight')

    def __init__(self,
                 meta_keys=('id', 'img_id', 'sample_idx', 'category_id',
                            'camera', 'image_size', 'norm_size',
                            'joint_order', 'flip_indices', 'root_index',
                            'subject', 'action', 'sequence', 'camera_id',
                            'frames', 'target_img_path', 'dataset_name',
                            'flip')):
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        sample = PoseDataSample(metainfo={
            key: results[key]
            for key in self.meta_keys if key in results
        })
        sample.gt_instance_labels = InstanceData(
            **{
                key: torch.from_numpy(results[key])
                for key in self.LABELS if key in results
            })
        sample.gt_instances = InstanceData(**{
            key: results[key]
            for key in self.INSTANCES if key in results
        })
        return dict(
            inputs=torch.from_numpy(results['keypoints']),
            data_samples=sample)

    def __repr__(self):
        return f'{type(self).__name__}(meta_keys={self.meta_keys})'
