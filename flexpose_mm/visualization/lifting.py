"""Pictures of lifted poses.

Poses are metres in camera axes, x right, y down, z forward, relative to
joint 0; pictures show them upright, with the depth as ground axis.
"""
import functools
from typing import Dict, Iterator, Optional, Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from flexpose_mm.errors import UserError
from ..skeletons import Skeleton
from .figures import COLORS, _pixels, bars_figure

#: The chosen hypothesis, which no other line may resemble.
RED = '#E00000'
HYPOTHESIS_COLORS = tuple(
    color for color in COLORS if color not in ('#D55E00', '#000000'))
H36M = dict(from_file='configs/_base_/datasets/h36m.py')


@functools.lru_cache(maxsize=None)
def h36m_skeleton() -> Skeleton:
    """Human3.6M's 17 joints with MMPose's limbs and colours."""
    return Skeleton.from_metainfo(H36M)


def upright(poses: np.ndarray) -> np.ndarray:
    """Camera axes to a plot's: (..., 3) x right, z depth, y up."""
    return np.stack([poses[..., 0], poses[..., 2], -poses[..., 1]], -1)


def _check(where: str, name: str, array, shape: tuple) -> np.ndarray:
    """An array of this shape (None: any length) without NaN."""
    array = np.asarray(array, np.float64)
    fits = array.ndim == len(shape) and all(
        want in (None, have) for have, want in zip(array.shape, shape))
    if not fits or not array.size:
        raise UserError(where, f'{name}.shape', array.shape,
                        f'give {shape}, where None is any length above 0')
    if not np.isfinite(array).all():
        raise UserError(where, name, 'NaN or inf', 'give finite numbers')
    return array


def _box(points: np.ndarray) -> tuple:
    """Centre and half side of a cube around points (..., 3)."""
    points = points.reshape(-1, points.shape[-1])
    low, high = points.min(0), points.max(0)
    return (low + high) / 2, max(float((high - low).max()) / 2, 1e-6) * 1.05


def _space(figure: Figure, place: tuple, box: tuple, title: str):
    """3D axes of one scale, seen from the camera's side."""
    axes = figure.add_subplot(*place, projection='3d')
    center, half = box
    axes.set(
        xlim=(center[0] - half, center[0] + half),
        ylim=(center[1] - half, center[1] + half),
        zlim=(center[2] - half, center[2] + half))
    axes.set_box_aspect((1, 1, 1), zoom=1.25)
    axes.view_init(elev=12, azim=-70)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_ticklabels([])
    axes.set_title(title, fontsize=11)
    return axes


def _bones(pose: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Ends of all limbs: (L, 2, D)."""
    return pose[np.asarray(skeleton.limbs)]


def _draw(axes, pose: np.ndarray, skeleton: Skeleton, **style) -> None:
    axes.add_collection3d(
        Line3DCollection(_bones(upright(pose), skeleton), **style))


def _limb_colors(skeleton: Skeleton) -> np.ndarray:
    """Made for black ground; darkened for a white page."""
    return skeleton.colors * (.75 / 255)


def _image_axes(figure: Figure, place: tuple, points: np.ndarray, title: str):
    """Axes for keypoints (..., 2), y down, of one scale."""
    axes = figure.add_subplot(*place)
    center, half = _box(points)
    axes.set(
        xlim=(center[0] - half, center[0] + half),
        ylim=(center[1] + half, center[1] - half),
        aspect='equal')
    axes.set_axis_off()
    axes.set_title(title, fontsize=11)
    return axes


def hypotheses_figure(hypotheses: np.ndarray,
                      chosen: np.ndarray,
                      truth: Optional[np.ndarray] = None,
                      keypoints: Optional[np.ndarray] = None,
                      skeleton: Optional[Skeleton] = None,
                      titles: Sequence[str] = ()) -> np.ndarray:
    """All hypotheses in colours, the chosen pose in red, the truth beside.

    One row per pose (PoSynDA, figure 3): its keypoints if given, the
    hypotheses, and the truth with the chosen pose over it if given.

    Args:
        hypotheses (np.ndarray): (N, H, J, 3) metres.
        chosen (np.ndarray): (N, J, 3) metres.
        truth (np.ndarray, optional): (N, J, 3) metres.
        keypoints (np.ndarray, optional): (N, J, 2), any unit, y down.
        skeleton (Skeleton, optional): Of the J joints; None: Human3.6M's.
        titles (Sequence[str]): N titles of the rows, or none.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: Shapes that do not belong together, or NaN.
    """
    where, skeleton = 'hypotheses_figure', skeleton or h36m_skeleton()
    joints = skeleton.num_joints
    hypotheses = _check(where, 'hypotheses', hypotheses,
                        (None, None, joints, 3))
    n = len(hypotheses)
    chosen = _check(where, 'chosen', chosen, (n, joints, 3))
    wide = 1 + (truth is not None) + (keypoints is not None)
    figure = Figure(figsize=(3.4 * wide, 3.3 * n), dpi=100, facecolor='white',
                    layout='constrained')
    for i in range(n):
        panels = iter(range(i * wide + 1, (i + 1) * wide + 1))
        title = titles[i] if len(titles) else ''
        shown = [hypotheses[i], chosen[i, None]]
        if keypoints is not None:
            points = _check(where, 'keypoints', keypoints, (n, joints, 2))[i]
            _image_axes(figure, (n, wide, next(panels)), points,
                        f'{title} 2D input').add_collection(
                            LineCollection(
                                _bones(points, skeleton), linewidths=2.,
                                colors=_limb_colors(skeleton)))
        if truth is not None:
            real = _check(where, 'truth', truth, (n, joints, 3))[i]
            shown.append(real[None])
        box = _box(upright(np.concatenate(shown)))
        axes = _space(figure, (n, wide, next(panels)), box,
                      f'{hypotheses.shape[1]} hypotheses, chosen in red')
        for h, pose in enumerate(hypotheses[i]):
            _draw(axes, pose, skeleton, linewidths=1.4, alpha=.8,
                  colors=HYPOTHESIS_COLORS[h % len(HYPOTHESIS_COLORS)])
        _draw(axes, chosen[i], skeleton, colors=RED, linewidths=2.4)
        if truth is not None:
            error = np.linalg.norm(chosen[i] - real, axis=-1).mean() * 1000
            axes = _space(figure, (n, wide, next(panels)), box,
                          f'ground truth (black), {error:.0f} mm')
            _draw(axes, chosen[i], skeleton, colors=RED, linewidths=1.,
                  alpha=.6)
            _draw(axes, real, skeleton, colors='black', linewidths=2.2)
    return _pixels(figure)


def sequence_frames(poses: Dict[str, np.ndarray],
                    keypoints: Optional[np.ndarray] = None,
                    skeleton: Optional[Skeleton] = None,
                    size: int = 280) -> Iterator[np.ndarray]:
    """Frames of a moving picture; one panel for each named sequence.

    Args:
        poses (dict[str, np.ndarray]): Name, such as 'lifted' or 'truth', ->
            (F, J, 3) metres.
        keypoints (np.ndarray, optional): (F, J, 2), any unit, y down; a
            panel at the left.
        skeleton (Skeleton, optional): Of the J joints; None: Human3.6M's.
        size (int): Pixels of a panel.

    Yields:
        np.ndarray: (H, W, 3) RGB uint8, F times; for ``save_animation``.

    Raises:
        UserError: Shapes that do not belong together, or NaN.
    """
    where, skeleton = 'sequence_frames', skeleton or h36m_skeleton()
    joints, length = skeleton.num_joints, None
    if not poses:
        raise UserError(where, 'poses', poses, 'give at least one sequence')
    moving = {}
    for name, value in poses.items():
        value = _check(where, name, value, (length, joints, 3))
        moving[name], length = upright(value), len(value)
    wide = len(poses) + (keypoints is not None)
    figure = Figure(figsize=(size * wide / 100, size / 100), dpi=100,
                    facecolor='white', layout='constrained')
    style = dict(colors=_limb_colors(skeleton), linewidths=2.2)
    lines = []
    if keypoints is not None:
        points = _check(where, 'keypoints', keypoints, (length, joints, 2))
        axes = _image_axes(figure, (1, wide, 1), points, '2D input')
        lines.append((axes.add_collection(
            LineCollection(_bones(points[0], skeleton), **style)), points))
    box = _box(np.concatenate(list(moving.values())))
    for i, (name, value) in enumerate(moving.items()):
        axes = _space(figure, (1, wide, wide - len(moving) + i + 1), box, name)
        lines.append((axes.add_collection3d(
            Line3DCollection(_bones(value[0], skeleton), **style)), value))
    figure.draw_without_rendering()  # once: the panels keep their places
    figure.set_layout_engine('none')
    for frame in range(length):
        for line, value in lines:
            line.set_segments(_bones(value[frame], skeleton))
        yield _pixels(figure)


def error_figure(errors: Dict[str, Dict[str, float]],
                 what: str,
                 title: str = '') -> np.ndarray:
    """Bars of the error by action, joint, or another group.

    Args:
        errors (dict[str, dict[str, float]]): Name of a model -> group ->
            error in mm; a group that a model lacks is left open.
        what (str): What the groups are, such as 'action' or 'joint'.
        title (str): Above the axes.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: No model or no group.
    """
    groups = list(dict.fromkeys(g for row in errors.values() for g in row))
    bars = {
        name: [row.get(group, np.nan) for group in groups]
        for name, row in errors.items()
    }
    return bars_figure(bars, groups, what, 'MPJPE (mm)', title)
