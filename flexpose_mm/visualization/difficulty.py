"""Figures about the difficulty of poses."""
from typing import Callable, Dict, Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from flexpose_mm.errors import UserError
from flexpose_mm.evaluation.functional.difficulty_bins import bin_similarity
from flexpose_mm.evaluation.functional.eval_pose import kinematic_triplets
from flexpose_mm.skeletons import Skeleton
from .figures import _axes, _pixels, bars_figure


def _draw_pose(axes, pose, visible, skeleton: Skeleton, at) -> None:
    """One pose, standardized to a unit box, with its centre at ``at``."""
    seen = visible > 0
    low, high = pose[seen].min(0), pose[seen].max(0)
    points = (pose - (low + high) / 2) / max((high - low).max(), 1e-9) * .86
    points = points + at
    pairs = [(a, b) for a, b in skeleton.limbs if seen[a] and seen[b]]
    # colours are bright, made for black ground: darkened for a white page
    table = skeleton.colors[[skeleton.limbs.index(p) for p in pairs]] * .75
    if pairs:
        axes.add_collection(
            LineCollection([points[list(p)] for p in pairs],
                           colors=table / 255, linewidths=1.6,
                           capstyle='round'))
    else:
        axes.plot(*points[seen].T, '.', color='black', markersize=3)


def bin_sheet(poses: np.ndarray,
              visible: np.ndarray,
              bins: np.ndarray,
              num_bins: int,
              skeleton: Skeleton,
              per_bin: int = 6,
              seed: int = 0) -> np.ndarray:
    """Example poses of each bin, drawn at random, a column per bin.

    Args:
        poses (np.ndarray): (N, K, 2), y down.
        visible (np.ndarray): (N, K), > 0 = present.
        bins (np.ndarray): (N,) int; a negative one is left out.
        num_bins (int): Columns are laid out in rows of at most 13.
        skeleton (Skeleton): Its limbs and colours.
        per_bin (int): Poses in a column.
        seed (int): Of the draw.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.
    """
    rng = np.random.default_rng(seed)
    wide = min(num_bins, 13)
    rows = -(-num_bins // wide)
    figure = Figure(figsize=(wide, rows * (per_bin + .5)), dpi=90,
                    facecolor='white')
    axes = figure.add_axes((0, 0, 1, 1))
    for number in range(num_bins):
        x, top = number % wide, number // wide * (per_bin + .5)
        axes.text(x + .5, top + .3, f'bin {number}', ha='center', fontsize=9)
        found = np.flatnonzero((bins == number) & (visible > 0).any(1))
        for i, row in enumerate(
                rng.choice(found, min(per_bin, len(found)), replace=False)):
            _draw_pose(axes, poses[row], visible[row], skeleton,
                       (x + .5, top + .95 + i))
    axes.set(xlim=(0, wide), ylim=(rows * (per_bin + .5), 0))
    axes.set_axis_off()
    return _pixels(figure)


def similarity_figure(table: np.ndarray) -> np.ndarray:
    """Heatmap of the EvalPose between bins; darker is less similar.

    Args:
        table (np.ndarray): (B, B) percent, see ``bin_similarity``.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.
    """
    figure, axes = _axes('bin', 'bin', 'Similarity of poses (EvalPose, %)',
                         size=(7, 6))
    image = axes.imshow(table, cmap='magma', origin='lower')
    axes.grid(False)
    figure.colorbar(image, ax=axes)
    return _pixels(figure)


def bin_comparison_figure(curves: Dict[str, Sequence[float]],
                          ylabel: str,
                          title: str = '') -> np.ndarray:
    """Bars of several models side by side in each bin (figure 4).

    Args:
        curves (dict[str, Sequence[float]]): Name of a model -> one value
            per bin, the easiest first; NaN leaves a gap.
        ylabel (str): Quantity with its unit.
        title (str): Above the axes.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: No model, or unequal numbers of bins.
    """
    most = max(map(len, curves.values()), default=0)
    return bars_figure(curves, range(most), 'difficulty bin (0 = easiest)',
                       ylabel, title)


def difficulty_pictures(difficulty, poses: np.ndarray, visible: np.ndarray,
                        owner: np.ndarray, skeleton: Skeleton,
                        log: Callable) -> Dict[str, np.ndarray]:
    """Example poses of bins, and the similarity of bins.

    Args:
        difficulty (Difficulty): Of the items.
        poses, visible, owner: As in ``cached_difficulty``.
        skeleton (Skeleton): Of the poses.
        log (Callable): Told if the skeleton has no angles to compare.

    Returns:
        dict[str, np.ndarray]: 'bins' and, with angles, 'similarity'.
    """
    bins = difficulty.bins[owner]
    pictures = dict(
        bins=bin_sheet(poses, visible, bins, difficulty.num_bins, skeleton))
    try:
        triplets = kinematic_triplets(skeleton)
    except UserError as error:
        log(f'difficulty: no similarity of bins, {error}')
    else:
        pictures['similarity'] = similarity_figure(
            bin_similarity(poses, visible, bins, difficulty.num_bins,
                           triplets))
    return pictures


def report_figure(report, log: Callable = print) -> np.ndarray:
    """Both pictures of a ``DifficultyReport`` on one page, RGB uint8."""
    pictures = list(
        difficulty_pictures(report.difficulty, report.poses, report.visible,
                            report.owner, report.skeleton, log).values())
    width = max(image.shape[1] for image in pictures)
    return np.concatenate([
        np.pad(image, ((0, 0), (0, width - image.shape[1]), (0, 0)),
               constant_values=255) for image in pictures
    ])
