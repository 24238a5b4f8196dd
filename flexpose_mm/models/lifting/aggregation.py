"""One pose from H hypotheses at test time (D3DP's and PoSynDA's ways)."""
from typing import Optional

from torch import Tensor

from flexpose_mm.errors import UserError
from .clips import need_camera
from .pseudo_label import (check_choice, reprojection_error,
                           select_hypothesis, take_hypothesis)

AGGREGATIONS = ('mean', 'j_agg', 'p_best', 'j_best')


def aggregate(poses: Tensor,
              how: str,
              keypoints: Optional[Tensor] = None,
              camera: Optional[Tensor] = None,
              weights: Optional[Tensor] = None,
              target: Optional[Tensor] = None) -> Tensor:
    """Reduce hypotheses.

    Args:
        poses (Tensor): (B, H, F, J, 3) root-relative metres.
        how (str): 'mean'; 'j_agg', for each joint the hypothesis whose
            projection is nearest to its keypoint, with the root by least
            squares; 'p_best' and 'j_best', the pose or joint nearest to the
            truth, an upper bound for analysis.
        keypoints (Tensor, optional): (B, F, J, 2), for 'j_agg'.
        camera (Tensor, optional): (B, 9), for 'j_agg'.
        weights (Tensor, optional): (B, F, J), 0 = missing.
        target (Tensor, optional): (B, F, J, 3), for 'p_best', 'j_best'.

    Returns:
        Tensor: (B, F, J, 3).

    Raises:
        UserError: Unknown way, or what it needs is not there.
    """
    check_choice('PoSynDALifter', 'test_cfg.aggregation', how, AGGREGATIONS)
    if how == 'mean' or poses.shape[1] == 1:
        return poses.mean(1)
    if how == 'j_agg':
        error = reprojection_error(poses, keypoints,
                                   need_camera(camera, "aggregation='j_agg'"),
                                   weights)
        return take_hypothesis(poses, select_hypothesis(error, 'joint'))
    if target is None:
        raise UserError(
            'PoSynDALifter', 'test_cfg.aggregation', how,
            "it reads the 3D truth, and the data have none; use 'mean' or "
            "'j_agg'")
    error = (poses - target[:, None]).norm(dim=-1)
    level = 'frame' if how == 'p_best' else 'joint'
    return take_hypothesis(poses, select_hypothesis(error, level))
