"""PCK as the domain adaptation benchmarks count it."""
from typing import Dict, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import get_skeleton
from .eval_pose import gather_poses

BODY_GROUPS = ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
HAND_GROUPS = dict(MCP=1, PIP=2, DIP=3, fingertip=4)


def joint_groups(skeleton) -> Dict[str, list]:
    """Joints of each group by their names; 'All' is the limbs of a body,
    or every joint of anything else."""
    joints = get_skeleton(skeleton).joints
    groups = {
        part: [i for i, name in enumerate(joints) if name.endswith(part)]
        for part in BODY_GROUPS
    }
    if all(groups.values()):
        return dict(groups, All=sum(groups.values(), []))
    fingers = {
        part: [i for i, name in enumerate(joints)
               if name != 'wrist' and name.endswith(str(number))]
        for part, number in HAND_GROUPS.items()
    }
    if 'wrist' not in joints or not all(fingers.values()):
        fingers = {}
    return dict(fingers, All=list(range(len(joints))))


@METRICS.register_module()
class CropPCK(BaseMetric):
    """Share of joints within ``thr`` of the side of the model's input.

    As in Transfer-Learning-Library, both the ground truth and the
    prediction are rounded to cells of the heatmap, the distance has to be
    strictly below the threshold, and a joint counts if it is present, in
    the crop, and not in the first two rows or columns. Each joint's share
    is over all samples, without that library's average over batches.

    Reports ``PCK/All`` in percent, the mean over joints, and the groups.

    Args:
        thr (float): 0.05 of the side: 3.2 of 64 cells.
        stride (int): Input pixels of a cell.
        collect_device (str): As in MMEngine.

    Raises:
        UserError: Arguments out of range, or no joint that counts.
    """
    default_prefix = 'PCK'

    def __init__(self,
                 thr: float = .05,
                 stride: int = 4,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        if not thr > 0 or stride < 1:
            raise UserError('CropPCK', 'thr, stride', (thr, stride),
                            'give thr above 0 and stride of at least 1')
        self.thr, self.stride = thr, stride

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Keep correct (n, K) and counted (n, K)."""
        for sample, (pred, gt, seen) in zip(data_samples,
                                            gather_poses(data_samples)):
            size = np.asarray(sample['input_size'], np.float64)
            cells = [
                np.floor(((points - sample['input_center']) /
                          sample['input_scale'] + .5) * size / self.stride +
                         .5) for points in (pred, gt)
            ]
            inside = (cells[1] > 1) & (cells[1] < size // self.stride)
            distance = np.linalg.norm(cells[0] - cells[1], axis=-1)
            correct = distance < self.thr * size.max() / self.stride
            self.results.append((correct, inside.all(-1) & (seen > 0)))

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """See the class."""
        correct, counted = (np.concatenate(part) for part in zip(*results))
        total = counted.sum(0)
        if not total.any():
            raise UserError('CropPCK', 'counted joints', 0,
                            'no joint is present and inside its crop')
        share = np.where(total > 0, (correct & counted).sum(0) /
                         np.maximum(total, 1), np.nan)
        return {
            name: 100 * float(np.nanmean(share[joints]))
            for name, joints in joint_groups(self.dataset_meta).items()
            if total[joints].any()
        }
