"""MMPose's MPJPE in millimetres."""
from typing import Dict

import numpy as np
from mmpose.evaluation.metrics import MPJPE
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError


@METRICS.register_module()
class MillimetreMPJPE(MPJPE):
    """``MPJPE`` of poses in metres, told in millimetres.

    MMPose's metric gives the unit of its input, metres here, though its
    model zoo prints millimetres. All its values are multiplied by 1000, and
    ``<mode>_action_mean`` is added: the mean over the actions, which the
    standard protocol of Human3.6M reports. Frames that do not count (padded,
    overlapping, invalid) are those with ``lifting_target_visible`` 0, which
    MMPose leaves out.

    Args:
        mode (str): 'mpjpe', 'p-mpjpe' (Procrustes) or 'n-mpjpe' (scale).
        **kwargs: As MMPose's.

    Raises:
        UserError: No frame counts.
    """

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """The values described above."""
        results = [
            {key: value[r['mask'].any(1)] for key, value in r.items()}
            for r in results
        ]
        if not any(len(r['mask']) for r in results):
            raise UserError('MillimetreMPJPE', 'lifting_target_visible', 0,
                            'no joint of any frame counts; see valid and '
                            'keypoint_scores of the data')
        report = {
            key: 1000 * float(value)
            for key, value in super().compute_metrics(results).items()
        }
        name = self.mode.upper()
        actions = [v for key, v in report.items() if key != name]
        report[f'{name}_action_mean'] = float(np.mean(actions))
        return report
