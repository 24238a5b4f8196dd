"""Does a confidence say anything about the error?"""
from typing import List, Tuple

import numpy as np


def error_by_confidence(scores: np.ndarray,
                        errors: np.ndarray,
                        bins: int = 5) -> List[Tuple[float, float, int]]:
    """Mean error in bins of equal numbers, least confident bin first.

    Args:
        scores (np.ndarray): (n,) confidences.
        errors (np.ndarray): (n,) errors in any unit.
        bins (int): Fewer if there are not so many values.

    Returns:
        list[tuple]: (mean score, mean error, number) of each bin.
    """
    order = np.argsort(scores, kind='stable')
    parts = np.array_split(order, min(bins, max(len(order), 1)))
    return [(float(scores[p].mean()), float(errors[p].mean()), len(p))
            for p in parts if len(p)]


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation, ties averaged; nan if one is constant.

    Args:
        a, b (np.ndarray): (n,).
    """
    from scipy.stats import rankdata
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float('nan')
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
