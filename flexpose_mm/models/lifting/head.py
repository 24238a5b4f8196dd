"""What becomes of the hypotheses: a loss in training, one pose in testing."""
from typing import List, Optional

import numpy as np
import torch
from mmengine.model import BaseModule
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from .aggregation import aggregate
from .clips import ClipBatch


@MODELS.register_module()
class HypothesisHead(BaseModule):
    """Loss and aggregation of a lifter; it has no weights.

    ``test_cfg`` is set by the estimator: ``aggregation`` and
    ``keep_hypotheses``.

    Args:
        loss (dict): MMPose loss of (output, target, target_weight), shapes
            (B, F, J, 3), (B, F, J, 3), (B, F, J, 1), metres.
    """

    def __init__(self,
                 loss: dict = dict(type='MPJPELoss', use_target_weight=True),
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        self.loss_module = MODELS.build(loss)
        self.test_cfg = {}

    def loss(self, output: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        """Scalar loss of poses (B, F, J, 3), weights (B, F, J)."""
        return self.loss_module(output, target, weights[..., None])

    def predict(self, poses: Tensor, clips: ClipBatch,
                samples: List[PoseDataSample]) -> List[InstanceData]:
        """Predictions of clips.

        Args:
            poses (Tensor): (B, H, F, J, 3) metres; the root is set to 0.
            clips (ClipBatch): Their 2D and cameras.
            samples (list[PoseDataSample]): The truth, read only by
                aggregations that are for analysis.

        Returns:
            list[InstanceData]: ``keypoints`` (F, J, 3) metres, the root
            exactly 0, ``keypoint_scores`` (F, J), all 1, and, on request,
            ``hypotheses`` (F, H, J, 3).
        """
        poses = poses.clone()
        poses[..., 0, :] = 0
        how = self.test_cfg['aggregation']
        chosen = aggregate(poses, how, clips.keypoints, clips.camera,
                           clips.weights, _truth(how, samples, poses))
        found = []
        for pose, several in zip(chosen.cpu().numpy(), poses.cpu().numpy()):
            found.append(
                InstanceData(
                    keypoints=pose,
                    keypoint_scores=np.ones(pose.shape[:-1], np.float32)))
            if self.test_cfg['keep_hypotheses']:
                found[-1].hypotheses = several.swapaxes(0, 1)
        return found


def _truth(how: str, samples: List[PoseDataSample],
           like: Tensor) -> Optional[Tensor]:
    """(B, F, J, 3) for 'p_best' and 'j_best'; None where it is absent."""
    if not how.endswith('best') or any(
            'lifting_target' not in s.get('gt_instances', {})
            for s in samples):
        return None
    rows = np.stack([s.gt_instances.lifting_target for s in samples])
    return torch.from_numpy(rows).to(like)
