"""3DPCK and AUC as MPI-INF-3DHP's benchmark counts them."""
from collections import defaultdict
from typing import Dict, Optional, Sequence, Union

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError
from ..functional.pck3d import joint_errors, pck_auc

#: Indices into 'h36m17'. The benchmark leaves out pelvis, spine and head of
#: its own order, which are joints 0, 7 and 9 here.
JOINT_SETS = dict(
    benchmark=(1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16),
    all=tuple(range(17)),
    without_nose=(*range(9), *range(10, 17)),
    limbs=(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16))
AVERAGES = ('sequence', 'frame')


@METRICS.register_module()
class PCK3D(BaseMetric):
    """Share of joints nearer than 150 mm, and its area under the curve.

    ``PCK@150mm`` and ``AUC`` in percent, over root-relative poses in metres
    and the joints that are visible in frames that count
    (``lifting_target_visible``). With ``average='sequence'`` also
    ``PCK@150mm_<sequence>`` and ``AUC_<sequence>``.

    Args:
        threshold (float): Millimetres.
        joint_set (str | Sequence[int]): 'benchmark' (14 joints of
            MPI-INF-3DHP's own script), 'all' 17, 'without_nose' (PoseAug's
            16), 'limbs' (12), or indices into 'h36m17'.
        average (str): 'sequence' gives each sequence the same weight, as
            D3DP's table does; 'frame' pools all frames, as PoseAug does.
        collect_device (str): ``'cpu'`` or ``'gpu'``.
        prefix (str, optional): Put before every key.

    Raises:
        UserError: Unknown set or average; no joint left.
    """

    def __init__(self,
                 threshold: float = 150.,
                 joint_set: Union[str, Sequence[int]] = 'benchmark',
                 average: str = 'sequence',
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        if average not in AVERAGES:
            raise UserError('PCK3D', 'average', average,
                            f'choose from {AVERAGES}')
        if not threshold > 0:
            raise UserError('PCK3D', 'threshold', threshold,
                            'give millimetres above 0')
        joints = JOINT_SETS.get(joint_set) if isinstance(
            joint_set, str) else tuple(joint_set)
        if not joints or not all(
                isinstance(j, int) and 0 <= j < 17 for j in joints):
            raise UserError('PCK3D', 'joint_set', joint_set,
                            f'choose from {sorted(JOINT_SETS)} or give '
                            'indices from 0 to 16')
        self.joints, self.average = list(joints), average
        self.threshold = threshold

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Keep the errors of the joints that count, one array per clip."""
        for sample in data_samples:
            truth = sample['gt_instances']
            pred = np.asarray(sample['pred_instances']['keypoints'])
            target = np.asarray(truth['lifting_target'])
            errors = joint_errors(pred.reshape(target.shape), target)
            seen = np.asarray(truth['lifting_target_visible']) > 0
            seen = seen.reshape(errors.shape)
            self.results.append(
                (sample['sequence'],
                 errors[:, self.joints][seen[:, self.joints]].astype('f4')))

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """The values described above."""
        pooled = defaultdict(list)
        for sequence, errors in results:
            name = sequence if self.average == 'sequence' else ''
            pooled[name].append(errors)
        found = {
            name: pck_auc(np.concatenate(parts), self.threshold)
            for name, parts in pooled.items()
            if sum(len(part) for part in parts)
        }
        if not found:
            raise UserError('PCK3D', 'lifting_target_visible', 0,
                            'no joint of any frame counts; see valid and '
                            'keypoint_scores of the data')
        keys = (f'PCK@{self.threshold:g}mm', 'AUC')
        report = dict(zip(keys, np.mean(list(found.values()), 0).tolist()))
        if self.average == 'sequence':
            for name, values in found.items():
                report.update(
                    {f'{key}_{name}': v for key, v in zip(keys, values)})
        return report
