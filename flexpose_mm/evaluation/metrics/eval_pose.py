"""EvalPose as an MMPose metric."""
from typing import Dict, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError
from ..functional.eval_pose import eval_pose, kinematic_triplets


def to_numpy(value) -> np.ndarray:
    """Array of a tensor or an array."""
    return value.cpu().numpy() if hasattr(value, 'cpu') else np.asarray(value)


def gather_poses(data_samples: Sequence[dict]) -> list:
    """Predictions and ground truth of data samples.

    Returns:
        list[tuple]: pred (n, K, 2), gt (n, K, 2), visible (n, K) float32 of
        each sample, in image pixels.
    """
    rows = []
    for sample in data_samples:
        truth = sample['gt_instances']
        seen = to_numpy(truth['keypoints_visible'])
        seen = seen.prod(-1) if seen.ndim == 3 else seen
        rows.append(
            tuple(
                np.asarray(part, np.float32)
                for part in (to_numpy(sample['pred_instances']['keypoints'])
                             [..., :2], to_numpy(truth['keypoints'])[..., :2],
                             seen)))
        pred, gt, _ = rows[-1]
        if pred.shape != gt.shape:
            raise UserError('EvalPose', 'pred_instances.keypoints',
                            pred.shape, f'the ground truth has {gt.shape}; '
                            'use a model of the same joints, top-down')
    return rows


@METRICS.register_module()
class EvalPose(BaseMetric):
    """Agreement of joint angles of predictions and ground truth, percent.

    Dua et al., eq. 3: no threshold, blind to place, size and rotation. The
    published values could not be reproduced with any choice of triplets and
    angles we tried; compare runs of this package with each other.

    Reports ``EvalPose`` (unsigned angles, the equation; unrelated poses have
    about 90), ``EvalPose_signed`` (signed angles, a diagnostic; unrelated
    poses are near 0), ``EvalPose_skipped`` (samples with fewer than three
    triplets), ``EvalPose_dropped`` and ``EvalPose_collapsed`` (triplets, see
    ``PoseAgreement``).

    Args:
        triplets (Sequence, optional): (T, 3) joints, the vertex in the
            middle; None: by the skeleton of the dataset.
        collect_device (str): As in MMEngine.
        prefix (str, optional): As in MMEngine.
    """

    def __init__(self,
                 triplets: Optional[Sequence] = None,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.triplets = triplets

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Keep pred (n, K, 2), gt (n, K, 2) and visible (n, K)."""
        self.results.extend(gather_poses(data_samples))

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """See the class.

        Raises:
            UserError: Unknown skeleton, or no sample can be counted.
        """
        pred, gt, visible = (np.concatenate(part) for part in zip(*results))
        triplets = self.triplets or kinematic_triplets(self.dataset_meta)
        found = eval_pose(pred, gt, visible, triplets)
        if not found.counted.any():
            raise UserError('EvalPose', 'counted samples', 0,
                            'no sample has three angles of visible joints')
        signed = eval_pose(pred, gt, visible, triplets, signed=True)
        return dict(
            EvalPose=100 * float(found.scores[found.counted].mean()),
            EvalPose_signed=100 * float(signed.scores[found.counted].mean()),
            EvalPose_skipped=int((~found.counted).sum()),
            EvalPose_dropped=found.dropped,
            EvalPose_collapsed=found.collapsed)
