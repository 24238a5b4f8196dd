"""Bins of equal size by difficulty, and how alike they are."""
import numpy as np

from flexpose_mm.errors import UserError
from .eval_pose import cross_eval_pose, valid_angles

NUM_BINS = 25  # Dua et al., section 3


def equal_bins(scores: np.ndarray, num_bins: int = NUM_BINS) -> np.ndarray:
    """Bins of equal size in ascending order of the score.

    Ties go by index. The first bins hold one more if sizes differ.

    Args:
        scores (np.ndarray): (N,), finite.
        num_bins (int): Number of bins.

    Returns:
        np.ndarray: (N,) int64.

    Raises:
        UserError: num_bins below 1, fewer scores than bins, NaN or inf.

    Example:
        >>> equal_bins(np.array([.3, .1, .2, .4, .5]), 2)
        array([0, 0, 0, 1, 1])
    """
    scores = np.asarray(scores)
    if num_bins < 1 or len(scores) < num_bins:
        raise UserError(
            'difficulty bins', 'num_bins', num_bins,
            f'there are {len(scores)} poses; give at least 1 bin and at '
            'least one pose for each')
    if not np.isfinite(scores).all():
        raise UserError('difficulty bins', 'scores', 'NaN or inf',
                        'repair or remove these poses')
    order = np.argsort(scores, kind='stable')
    bins = np.empty(len(scores), np.int64)
    for number, rows in enumerate(np.array_split(order, num_bins)):
        bins[rows] = number
    return bins


def bin_similarity(poses: np.ndarray,
                   visible: np.ndarray,
                   bins: np.ndarray,
                   num_bins: int,
                   triplets,
                   per_bin: int = 200,
                   seed: int = 0) -> np.ndarray:
    """Mean EvalPose between poses of two bins (figure 3b).

    Args:
        poses (np.ndarray): (N, K, 2), any unit.
        visible (np.ndarray): (N, K).
        bins (np.ndarray): (N,) int.
        num_bins (int): B.
        triplets: (T, 3) joints, see ``kinematic_triplets``.
        per_bin (int): Poses drawn of each bin; all pairs of two different
            ones count.
        seed (int): Of the draw.

    Returns:
        np.ndarray: (B, B) float64, symmetric, percent; NaN for a pair of
        bins without a pair of comparable poses.
    """
    rng = np.random.default_rng(seed)
    drawn = []
    for number in range(num_bins):
        rows = np.flatnonzero(bins == number)
        rows = rng.choice(rows, min(per_bin, len(rows)), replace=False)
        drawn.append((rows, valid_angles(poses[rows], visible[rows],
                                         triplets)))
    table = np.full((num_bins, num_bins), np.nan)
    for a in range(num_bins):
        for b in range(a, num_bins):
            (i, one), (j, two) = drawn[a], drawn[b]
            scores, counted = cross_eval_pose(one, two)
            counted &= i[:, None] != j
            if counted.any():
                table[a, b] = table[b, a] = 100 * scores[counted].mean()
    return table
