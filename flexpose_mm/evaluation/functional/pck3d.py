"""Share of joints within some millimetres, and the area under its curve."""
from typing import Tuple

import numpy as np

#: AUC's thresholds in millimetres: 31 from 0 to 150 (Mehta et al., 2017).
AUC_THRESHOLDS = tuple(range(0, 151, 5))


def joint_errors(pred: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Euclidean distances: (..., J, 3) metres twice -> (..., J) mm."""
    return 1000 * np.linalg.norm(pred.astype(np.float64) - truth, axis=-1)


def pck_auc(errors: np.ndarray, threshold: float = 150.) -> Tuple[float,
                                                                  float]:
    """3DPCK and AUC of errors, both in percent.

    A joint is right if its error is below the threshold (strictly, so the
    AUC's threshold 0 gives 0 even to a perfect pose, and 100 * 30 / 31 is
    the best value).

    Args:
        errors (np.ndarray): (n,) millimetres, n > 0.
        threshold (float): PCK's threshold in millimetres; AUC always takes
            0, 5, ..., 150.
    """
    curve = [float((errors < t).mean()) for t in AUC_THRESHOLDS]
    return (100 * float((errors < threshold).mean()),
            100 * float(np.mean(curve)))
