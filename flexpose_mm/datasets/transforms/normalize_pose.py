"""From image pixels to the square canvas and back."""
from typing import Optional, Tuple

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...errors import UserError


def _compact_box(poses, visible) -> Tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner (N, 2) of the visible joints' boxes."""
    seen = (visible > 0)[..., None]
    low = np.where(seen, poses, np.inf).min(1, initial=np.inf)
    high = np.where(seen, poses, -np.inf).max(1, initial=-np.inf)
    return low, high


def check_poses(poses: np.ndarray, visible: np.ndarray, where: str,
                rows: Optional[np.ndarray] = None) -> None:
    """Refuse poses that no method can use.

    Args:
        poses (np.ndarray): (N, K, 2).
        visible (np.ndarray): (N, K); joints with 0 may hold anything.
        where (str): Named in the message.
        rows (np.ndarray, optional): (N,) numbers of the poses, for the
            message. Default: 0, 1, ...

    Raises:
        UserError: NaN or inf, no visible joint, or a box of zero area.
    """
    seen = visible > 0
    rows = np.arange(len(poses)) if rows is None else rows
    bad = (~np.isfinite(poses).all(-1) & seen).any(1)
    if bad.any():
        row = int(bad.argmax())
        raise UserError(
            where, f'keypoints[{rows[row]}]', poses[row].tolist(),
            f'NaN or inf in {int(bad.sum())} pose(s), of which this is the '
            'first; remove them or mark the joints invisible')
    empty = ~seen.any(1)
    if empty.any():
        raise UserError(
            where, f'keypoints_visible[{rows[empty.argmax()]}]', 0,
            f'{int(empty.sum())} pose(s) have all joints invisible; remove '
            'them')
    low, high = _compact_box(poses, visible)
    flat = ((high - low) <= 0).any(1)
    if flat.any():
        row = int(flat.argmax())
        raise UserError(
            where, f'keypoints[{rows[row]}]', poses[row].tolist(),
            f'the box of the visible joints has zero area in '
            f'{int(flat.sum())} pose(s), of which this is the first; remove '
            'them')


def normalize_poses(
        poses: np.ndarray,
        visible: Optional[np.ndarray] = None,
        padding: float = 1.25
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put each pose on its own square canvas.

    The canvas is the square of side ``padding * max(w, h)`` around the
    compact box (w, h) of the visible joints: canvas = (y - center) /
    half_side, in [-1, 1], x right, y down.

    Args:
        poses (np.ndarray): (N, K, 2), image pixels or any other unit.
        visible (np.ndarray, optional): (N, K), > 0 = present; None: all.
        padding (float): Side of the canvas over the longer side of the box.

    Returns:
        tuple: canvas poses (N, K, 2) float32, invisible joints 0; center
        (N, 2) float32; half_side (N,) float32.

    Raises:
        UserError: See ``check_poses``; padding not above 0.
    """
    poses = np.asarray(poses, np.float32)
    if poses.ndim != 3 or poses.shape[-1] != 2:
        raise UserError('normalize_poses', 'poses.shape', poses.shape,
                        'give (N, K, 2)')
    if not padding > 0:
        raise UserError('normalize_poses', 'padding', padding,
                        'give a number above 0, for example 1.25')
    visible = np.ones(poses.shape[:2]) if visible is None else visible
    check_poses(poses, visible, 'normalize_poses')
    low, high = _compact_box(poses, visible)
    center = ((low + high) / 2).astype(np.float32)
    half_side = (padding / 2 * (high - low).max(1)).astype(np.float32)
    canvas = (poses - center[:, None]) / half_side[:, None, None]
    canvas[~(np.asarray(visible) > 0)] = 0
    return canvas, center, half_side


def denormalize_poses(canvas, center, half_side):
    """Inverse of ``normalize_poses``: y = canvas * half_side + center."""
    return canvas * half_side[:, None, None] + center[:, None]


@TRANSFORMS.register_module()
class NormalizePose(BaseTransform):
    """``normalize_poses`` for a pipeline.

    Required Keys: keypoints (n, K, 2) in image pixels, keypoints_visible
    (n, K), optional.

    Modified Keys: keypoints and, if present, bbox (n, 4), now in canvas
    coordinates.

    Added Keys: canvas_center (n, 2) and canvas_half_side (n,) float32, with
    which y = canvas * half_side + center goes back.

    Args:
        padding (float): Side of the canvas over the longer side of the box
            of visible joints. Default: 1.25.
    """

    def __init__(self, padding: float = 1.25):
        if not padding > 0:
            raise UserError('NormalizePose', 'padding', padding,
                            'give a number above 0, for example 1.25')
        self.padding = padding

    def transform(self, results: dict) -> dict:
        visible = results.get('keypoints_visible')
        if visible is not None and visible.ndim == 3:
            visible = visible[..., 0]  # MMPose's (visible, weight) pairs
        canvas, center, half_side = normalize_poses(results['keypoints'],
                                                    visible, self.padding)
        if 'bbox' in results:
            corners = results['bbox'].reshape(-1, 2, 2) - center[:, None]
            results['bbox'] = (corners / half_side[:, None, None]).reshape(
                -1, 4).astype(np.float32)
        results.update(keypoints=canvas, canvas_center=center,
                       canvas_half_side=half_side)
        return results

    def __repr__(self):
        return f'{type(self).__name__}(padding={self.padding})'
