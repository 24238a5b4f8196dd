"""Poses as ControlNet conditions, in OpenPose's drawing convention.

OpenPose's 18 points (COCO's 17 and the neck), 17 sticks, fixed colours, on
black; sticks are ellipses in 60 % of their colour, joints full discs. What
diffusion models with an "openpose" ControlNet were trained on.
"""
import cv2
import numpy as np

from .errors import UserError
from .io import canvas_to_pixels
from .skeletons import get_skeleton

POINTS = ('nose', 'neck', 'right_shoulder', 'right_elbow', 'right_wrist',
          'left_shoulder', 'left_elbow', 'left_wrist', 'right_hip',
          'right_knee', 'right_ankle', 'left_hip', 'left_knee', 'left_ankle',
          'right_eye', 'left_eye', 'right_ear', 'left_ear')
STICKS = ((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9),
          (9, 10), (1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16),
          (0, 15), (15, 17))
COLORS = ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0),
          (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
          (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255),
          (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
          (255, 0, 170), (255, 0, 85))
_BODY = get_skeleton('body15').joints


def openpose_points(poses: np.ndarray, nose: float = 0.6):
    """The 18 points of body15 poses.

    Args:
        poses (np.ndarray): (n, 15, 2) of the skeleton body15, any unit.
        nose (float): Where the nose lies from neck (0) to head (1); 0.6 suits
            heads that are the top of the head, 1 those that are its middle.

    Returns:
        tuple: points (n, 18, 2) and present (18,) bool; body15 has no eyes
        and ears.

    Raises:
        UserError: Other joints.
    """
    if poses.ndim != 3 or poses.shape[1:] != (len(_BODY), 2):
        raise UserError('openpose_points', 'poses.shape', poses.shape,
                        'give (n, 15, 2) poses of the skeleton body15')
    points = np.zeros((len(poses), len(POINTS), 2), poses.dtype)
    present = np.zeros(len(POINTS), bool)
    for i, name in enumerate(POINTS):
        if name in _BODY:
            points[:, i], present[i] = poses[:, _BODY.index(name)], True
    neck, head = (poses[:, _BODY.index(n)] for n in ('neck', 'head'))
    points[:, 0], present[0] = neck + nose * (head - neck), True
    return points, present


def draw_openpose(points: np.ndarray, present: np.ndarray,
                  size: int) -> np.ndarray:
    """One condition image.

    Args:
        points (np.ndarray): (18, 2) image pixels.
        present (np.ndarray): (18,) bool.
        size (int): Side in pixels; sticks are 8 px thick at 512.

    Returns:
        np.ndarray: (size, size, 3) uint8 RGB.
    """
    image = np.zeros((size, size, 3), np.uint8)
    width = max(round(size / 128), 1)
    for (a, b), color in zip(STICKS, COLORS):
        if not (present[a] and present[b]):
            continue
        middle = (points[a] + points[b]) / 2
        dx, dy = points[b] - points[a]
        stick = cv2.ellipse2Poly(
            tuple(int(v) for v in middle),
            (max(int(np.hypot(dx, dy) / 2), 1), width),
            int(np.degrees(np.arctan2(dy, dx))), 0, 360, 1)
        cv2.fillConvexPoly(image, stick, [int(.6 * c) for c in color])
    for point, seen, color in zip(points, present, COLORS):
        if seen:
            cv2.circle(image, tuple(int(v) for v in point), width, color, -1)
    return image


def render_conditions(poses: np.ndarray, size: int = 512,
                      nose: float = 0.6):
    """Condition images of canvas poses, one after another.

    Args:
        poses (np.ndarray): (n, 15, 2) canvas coordinates in [-1, 1].
        size (int): Side in pixels.
        nose (float): See :func:`openpose_points`.

    Yields:
        np.ndarray: (size, size, 3) uint8 RGB.

    Raises:
        UserError: Other joints, a size below 64.
    """
    if size < 64:
        raise UserError('render_conditions', 'size', size,
                        'give at least 64 pixels, 512 as a rule')
    points, present = openpose_points(np.asarray(poses), nose)
    for pose in canvas_to_pixels(points, size):
        yield draw_openpose(pose, present, size)
