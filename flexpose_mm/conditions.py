"""Poses as ControlNet conditions, in OpenPose's drawing convention.

OpenPose's 18 points (COCO's 17 and the neck), 17 sticks, fixed colours, on
black; sticks are ellipses in 60 % of their colour, joints full discs. What
diffusion models with an "openpose" ControlNet were trained on.

A folder of conditions holds ``00000001.png`` ... and ``poses.json``, the
COCO-keypoint JSON of the poses that its pictures show.
"""
import json
import os.path as osp
from typing import Iterable, List, NamedTuple, Optional

import cv2
import numpy as np

from .datasets.image_files import check_images
from .errors import UserError
from .io import (canvas_to_pixels, coco_annotation, coco_category, read_poses,
                 write_atomically)
from .skeletons import get_skeleton

LABELS = 'poses.json'

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


def check_size(size: int) -> None:
    """Refuse pictures too small for sticks."""
    if size < 64:
        raise UserError('render_conditions', 'size', size,
                        'give at least 64 pixels, 512 as a rule')


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
    check_size(size)
    points, present = openpose_points(np.asarray(poses), nose)
    for pose in canvas_to_pixels(points, size):
        yield draw_openpose(pose, present, size)


def read_json(path: str, remedy: str):
    """Content of a JSON file.

    Raises:
        UserError: Missing or damaged; ends with ``remedy``.
    """
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except FileNotFoundError:
        raise UserError(path, 'file', None, f'missing; {remedy}') from None
    except (ValueError, OSError) as error:
        raise UserError(path, 'content', type(error).__name__,
                        f'cannot be read; {remedy}') from None


def picture_name(number: int) -> str:
    """File name of a pose's picture; numbers count from 1."""
    return f'{number:08d}.png'


def pose_document(poses: np.ndarray, scores: np.ndarray,
                  numbers: Iterable[int], size: int, info: dict) -> dict:
    """COCO-keypoint JSON of square pictures with one person in each.

    Joints outside the picture are marked as not labelled (flag 0).

    Args:
        poses (np.ndarray): (n, 15, 2) canvas coordinates of body15.
        scores (np.ndarray): (n, 15) confidences.
        numbers (Iterable[int]): (n,) ids; they name the pictures.
        size (int): Side of the pictures in pixels.
        info (dict): Further plain values for ``info``.
    """
    images, notes = [], []
    for number, pose, score in zip(numbers, poses, scores):
        pixels = canvas_to_pixels(pose.astype(np.float64), size)
        note = coco_annotation(number, pixels, score)
        inside = (np.abs(pose) <= 1).all(-1)
        note['keypoints'][2::3] = np.where(inside, 2, 0).tolist()
        note['num_keypoints'] = int(inside.sum())
        notes.append(note)
        images.append(
            dict(
                id=number,
                file_name=picture_name(number),
                width=size,
                height=size))
    return dict(
        info=dict(info, skeleton='body15', size=size),
        licenses=[],
        categories=[coco_category(get_skeleton('body15'))],
        images=images,
        annotations=notes)


def write_labels(folder: str, labels: dict) -> None:
    """Write a folder's ``poses.json``, before its pictures.

    Args:
        folder (str): Of the conditions; made if missing.
        labels (dict): From :func:`pose_document`.

    Raises:
        UserError: The folder holds pictures of other or of unknown poses.
    """
    path = osp.join(folder, LABELS)
    remedy = 'choose another --out, or empty the folder'
    if osp.exists(path):
        old = read_json(path, remedy)
        if old.get('info') != labels['info'] or any(
                a != b
                for a, b in zip(old['annotations'], labels['annotations'])):
            raise UserError(path, 'annotations', 'of other poses',
                            f'the pictures here differ in poses, size or nose;'
                            f' {remedy}')
    elif osp.exists(osp.join(folder, picture_name(1))):
        raise UserError(folder, LABELS, None,
                        f'nothing tells the poses of the pictures; {remedy}')
    write_atomically(path, json.dumps(labels).encode())


class Conditions(NamedTuple):
    """A folder of conditions.

    Attributes:
        paths (list[str]): n pictures; picture i has the number i + 1.
        keypoints (np.ndarray): (n, 15, 2) float32 canvas coordinates.
        scores (np.ndarray): (n, 15) float32.
        size (int): Side of the pictures in pixels.
    """
    paths: List[str]
    keypoints: np.ndarray
    scores: np.ndarray
    size: int


def read_conditions(folder: str, n: Optional[int] = None) -> Conditions:
    """Read what tools/render_conditions.py wrote.

    Args:
        folder (str): Pictures and ``poses.json``.
        n (int, optional): How many; default all.

    Raises:
        UserError: Something is missing or damaged.
    """
    labels = osp.join(folder, LABELS)
    if not osp.isfile(labels):
        raise UserError('command line', 'conditions', folder,
                        f'holds no {LABELS}; make the folder with '
                        'tools/render_conditions.py')
    file = read_poses(labels)
    most = len(file.keypoints)
    if file.meta['skeleton'] != 'body15' or not most:
        raise UserError(labels, 'skeleton', file.meta['skeleton'],
                        f'{most} poses; give conditions of body15 poses')
    if n is not None and not 1 <= n <= most:
        raise UserError('command line', 'n', n,
                        f'give 1 to {most}, of which there are conditions')
    keypoints, scores = file.keypoints[:n], file.scores[:n]
    paths = [
        osp.join(folder, picture_name(i + 1)) for i in range(len(keypoints))
    ]
    check_images(paths, folder)
    return Conditions(paths, keypoints, scores, file.meta['size'])
