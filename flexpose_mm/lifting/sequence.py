"""Sequences of 2D keypoints, checked and in Human3.6M's joint order.

Pixels: x right, y down, origin in the image's top-left corner.
"""
from typing import Dict, NamedTuple, Optional, Tuple

import numpy as np

from ..errors import UserError
from ..joint_orders import H36M_PARENTS, JOINT_ORDERS
from ..skeletons import JointMapping, map_joints

# COCO's as in MMPose's ``inference_3d``: none of its points lies at the top
# of the head, the eyes stand for it. MPII's thorax, nose and head top are
# those means (joints named twice weigh twice) that come nearest to
# Human3.6M's where a detector trained on MPII looks at its images.
_MEANS = dict(
    coco17=(17, ((11, 12), 12, 14, 16, 11, 13, 15, (5, 6, 11, 12), (5, 6), 0,
                 (1, 2), 5, 7, 9, 6, 8, 10)),
    mpii16=(16, (6, 2, 1, 0, 3, 4, 5, (6, 7), 8, (8, 8, 8, 9), (9, 9, 9, 8),
                 13, 14, 15, 12, 11, 10)))
#: Orders of 2D keypoints -> how Human3.6M's 17 joints are made of them.
INPUT_ORDERS: Dict[str, JointMapping] = {
    name: JointMapping(name, count, tuple(zip(sources, range(17))), 'h36m17')
    for name, (count, sources) in {**JOINT_ORDERS, **_MEANS}.items()
}
#: On 2,900 stretches of 27 frames of Human3.6M 99 % of the right orders were
#: below 1.1; the wrong ones had medians from 1.3 to 2.3.
_LONGEST = 1.2
NO_SCORE = 1.


class Sequence2D(NamedTuple):
    """Keypoints of one person over time.

    Attributes:
        name (str): Of the sequence; becomes the name of its output.
        keypoints (np.ndarray): (F, J, 2) pixels, NaN where there is none.
        scores (np.ndarray): (F, J) confidence, 0 where there is none.
        frames (np.ndarray): (F,) numbers of the frames in the source.
        image_size (tuple | None): (width, height) in pixels.
        joints (str | None): Key of ``INPUT_ORDERS``, if the file tells.
        camera (tuple | None): Pixel intrinsics, if the file tells.
    """
    name: str
    keypoints: np.ndarray
    scores: np.ndarray
    frames: np.ndarray
    image_size: Optional[Tuple[int, int]] = None
    joints: Optional[str] = None
    camera: Optional[tuple] = None


def from_array(keypoints: np.ndarray,
               scores: Optional[np.ndarray] = None,
               name: str = 'array',
               where: str = 'lift',
               frames: Optional[np.ndarray] = None,
               **more) -> Sequence2D:
    """A sequence of keypoints (F, J, 2) in pixels and scores (F, J).

    Raises:
        UserError: Other shapes.
    """
    keypoints = np.asarray(keypoints, np.float64)
    if keypoints.ndim != 3 or keypoints.shape[-1] != 2 or not keypoints.size:
        raise UserError(where, 'keypoints.shape', keypoints.shape,
                        'give (F, J, 2) pixels, F >= 1')
    scores = np.full(keypoints.shape[:2], NO_SCORE) if scores is None \
        else np.asarray(scores, np.float64)
    frames = np.arange(len(keypoints)) if frames is None else frames
    for field, value, shape in (('scores', scores, keypoints.shape[:2]),
                                ('frames', frames, keypoints.shape[:1])):
        if np.shape(value) != shape:
            raise UserError(where, f'{field}.shape', np.shape(value),
                            f'give {shape}, as many as keypoints')
    return Sequence2D(name, keypoints, scores, np.asarray(frames), **more)


def _drawn_length(points: np.ndarray, visible: np.ndarray,
                  mapping: JointMapping) -> float:
    """Median over frames of the length of all bones, pixels."""
    pose, seen = map_joints(points, visible, mapping)
    length = np.linalg.norm(
        pose[:, 1:] - pose[:, H36M_PARENTS[1:]], axis=-1)
    whole = (seen > 0).all(1)
    return float(np.median(length[whole].sum(1))) if whole.any() else np.nan


def check_order(points: np.ndarray, visible: np.ndarray, joints: str,
                where: str) -> None:
    """Refuse keypoints whose bones are shorter in another joint order.

    Raises:
        UserError: Naming that order.
    """
    lengths = {
        name: _drawn_length(points, visible, mapping)
        for name, mapping in INPUT_ORDERS.items()
        if mapping.num_source == points.shape[1]
    }
    best = min(lengths, key=lambda name: np.nan_to_num(lengths[name], nan=9e9))
    if lengths[joints] > _LONGEST * lengths[best]:
        raise UserError(
            where, 'joints', joints,
            f'the bones are {lengths[joints] / lengths[best]:.1f} times as '
            f'long as in the order {best}; give joints={best!r} '
            f'(--joints {best})')


def check_scale(points: np.ndarray, visible: np.ndarray, image_size,
                where: str) -> None:
    """Refuse an image size that the keypoints do not fit.

    Raises:
        UserError: No such size; keypoints that are not pixels of it.
    """
    good = image_size is not None and len(image_size) == 2 and all(
        np.isfinite(v) and v >= 2 for v in image_size)
    if not good:
        raise UserError(where, 'image_size', image_size,
                        'give width and height of the images in pixels '
                        '(--image-size W H)')
    seen = points[visible > 0]
    if not len(seen):
        return
    # that they are normalised coordinates, the data set finds out
    middle = np.median(seen, 0)
    if (middle < 0).any() or (middle > np.asarray(image_size)).any():
        raise UserError(
            where, 'image_size', tuple(image_size),
            f'the keypoints lie outside, around {middle.round(1).tolist()}; '
            'give the size of the images on which they were found')


def to_h36m(sequence: Sequence2D,
            joints: Optional[str] = None,
            min_score: float = 0.) -> Sequence2D:
    """Bring a sequence to Human3.6M's joints.

    Args:
        sequence (Sequence2D): As read.
        joints (str, optional): Its order, a key of ``INPUT_ORDERS``; None:
            what the file says.
        min_score (float): Keypoints of this confidence or less are missing.

    Returns:
        Sequence2D: 17 joints; missing ones are NaN with score 0.

    Raises:
        UserError: Unknown order, another number of joints, or an order that
        the keypoints contradict.
    """
    where, joints = sequence.name, joints or sequence.joints
    count = sequence.keypoints.shape[1]
    if joints not in INPUT_ORDERS:
        raise UserError(where, 'joints', joints,
                        f'say in which order the {count} joints are '
                        f'(--joints): one of {sorted(INPUT_ORDERS)}')
    mapping = INPUT_ORDERS[joints]
    if count != mapping.num_source:
        raise UserError(where, 'number of joints', count,
                        f'{joints} has {mapping.num_source}; give the order '
                        'that the keypoints are in (--joints)')
    seen = np.isfinite(sequence.keypoints).all(-1) & \
        (np.nan_to_num(sequence.scores) > min_score)
    points = np.where(seen[..., None], sequence.keypoints, 0.)
    visible = seen.astype(np.float64)
    check_order(points, visible, joints, where)
    pose, present = map_joints(points, visible, mapping)
    score, _ = map_joints(
        np.where(seen, sequence.scores, 0.)[..., None], visible, mapping)
    return sequence._replace(
        keypoints=np.where(present[..., None] > 0, pose, np.nan),
        scores=score[..., 0], joints='h36m17')


def fill_missing(sequence: Sequence2D, missing: str) -> Sequence2D:
    """Deal with missing joints.

    Args:
        sequence (Sequence2D): From :func:`to_h36m`.
        missing (str): 'refuse', or 'interpolate' along time (the nearest
            frame's place before the first and after the last); filled
            joints keep score 0.

    Raises:
        UserError: One is missing and is not to be filled, or is missing in
        all frames.
    """
    absent = np.isnan(sequence.keypoints[..., 0])
    if missing not in ('refuse', 'interpolate'):
        raise UserError(sequence.name, 'missing', missing,
                        "choose 'refuse' or 'interpolate'")
    if not absent.any():
        return sequence
    number, joint = np.argwhere(absent)[0].tolist()
    field = f'frame {sequence.frames[number]}, Human3.6M joint {joint}'
    if missing == 'refuse':
        raise UserError(
            sequence.name, field, 'missing',
            f'NaN or of too low confidence, like {int(absent.sum())} of '
            f"{absent.size} joints; give missing='interpolate' (--missing "
            'interpolate) to fill them along time')
    points = sequence.keypoints.copy()
    time = np.arange(len(points))
    for joint in range(points.shape[1]):
        gap = absent[:, joint]
        if gap.all():
            raise UserError(
                sequence.name, f'Human3.6M joint {joint}', 'missing',
                'it is in no frame (NaN or confidence 0), so it cannot be '
                'filled; give keypoints of the whole body')
        for axis in range(2):
            points[gap, joint, axis] = np.interp(time[gap], time[~gap],
                                                 points[~gap, joint, axis])
    return sequence._replace(keypoints=points)
