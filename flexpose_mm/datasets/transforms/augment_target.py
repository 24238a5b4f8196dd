"""Geometric changes of target poses (FlexPose, appendix, section 9).

They show which layer of the generator carries what: the whole target is
rotated, one leg is turned up, or everything is scaled, and tau is trained at
one layer at a time. They act on the canvas; put on it by its own box once
more, a pose would lose its scale.
"""
import zlib
from typing import Sequence, Union

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...errors import UserError, check_seed
from ...skeletons import get_skeleton

Range = Union[float, Sequence[float], Sequence[Sequence[float]]]


def rotate_poses(poses: np.ndarray, degrees, center) -> np.ndarray:
    """Turn points about a centre, clockwise as seen (x right, y down).

    Args:
        poses (np.ndarray): (..., K, 2), canvas coordinates.
        degrees (float | np.ndarray): Angle, or (...,) angles.
        center (np.ndarray): (2,) or (..., 2).

    Returns:
        np.ndarray: (..., K, 2) in the dtype of ``poses``.
    """
    angle = np.deg2rad(np.asarray(degrees, np.float64))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)],
                      -2)  # rows: images of the x and the y axis
    center = np.asarray(center, np.float64)[..., None, :]
    return ((poses - center) @ matrix + center).astype(poses.dtype)


def rotate_limb(poses: np.ndarray, degrees, joints: Sequence[int],
                pivot: int) -> np.ndarray:
    """Turn some joints about another one of the same pose.

    Args:
        poses (np.ndarray): (..., K, 2), canvas coordinates.
        degrees (float | np.ndarray): Angle, or (...,) angles, clockwise.
        joints (Sequence[int]): Joints that move.
        pivot (int): Joint about which they turn.

    Returns:
        np.ndarray: (..., K, 2); lengths of limbs are kept.
    """
    joints, poses = list(joints), poses.copy()
    poses[..., joints, :] = rotate_poses(poses[..., joints, :], degrees,
                                         poses[..., pivot, :])
    return poses


def check_ranges(where: str, field: str, value: Range) -> np.ndarray:
    """A number, a range (low, high), or a list of ranges, as (n, 2).

    Raises:
        UserError: It is none of these.
    """
    try:
        ranges = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        ranges = np.empty(0)
    if ranges.ndim == 0:
        ranges = np.full(2, ranges)
    ranges = ranges[None] if ranges.ndim == 1 else ranges
    good = ranges.ndim == 2 and ranges.shape[1] == 2 and len(ranges) and \
        np.isfinite(ranges).all() and (ranges[:, 0] <= ranges[:, 1]).all()
    if not good:
        raise UserError(where, field, value,
                        'give a number, (low, high), or a list of such pairs')
    return ranges


class RandomPoseChange(BaseTransform):
    """Base: one number for each pose, fixed by (seed, ``sample_idx``).

    Args:
        value (Range): A number; (low, high), uniform between them; or
            several such ranges, uniform over their union.
        field (str): Name of that argument, for messages.
        seed (int): Of the draws.
    """

    def __init__(self, value: Range, field: str, seed: int = 0):
        where = type(self).__name__
        self.ranges = check_ranges(where, field, value)
        check_seed(where, seed)
        self.field, self.seed = field, seed

    def draw(self, index: int) -> float:
        """The number of pose ``index``."""
        stream = zlib.crc32(type(self).__name__.encode())
        rng = np.random.default_rng([self.seed, stream, int(index)])
        widths = np.diff(self.ranges, axis=1)[:, 0]
        left = rng.random() * widths.sum()
        for (low, _), width in zip(self.ranges, widths):
            if left <= width:
                break
            left -= width
        return float(low + min(left, width))

    def change(self, poses: np.ndarray, value: float) -> np.ndarray:
        """Poses (n, K, 2) changed by ``value``."""
        raise NotImplementedError

    def transform(self, results: dict) -> dict:
        results['keypoints'] = self.change(
            np.asarray(results['keypoints'], np.float32),
            self.draw(results['sample_idx']))
        return results

    def __repr__(self):
        return (f'{type(self).__name__}({self.field}='
                f'{self.ranges.tolist()}, seed={self.seed})')


@TRANSFORMS.register_module()
class RotatePose(RandomPoseChange):
    """Turn the whole pose about the middle of the canvas.

    What leaves the canvas is not drawn.

    Required Keys: keypoints (n, K, 2) in canvas coordinates, sample_idx.

    Modified Keys: keypoints.

    Args:
        angle (Range): Degrees, clockwise; the paper's theta.
        seed (int): Of the draws.
    """

    def __init__(self, angle: Range = (-45, 45), seed: int = 0):
        super().__init__(angle, 'angle', seed)

    def change(self, poses, value):
        return rotate_poses(poses, value, np.zeros(2))


@TRANSFORMS.register_module()
class RotateLeg(RandomPoseChange):
    """Turn knee and ankle of one leg about its hip.

    Required Keys: keypoints (n, K, 2) in canvas coordinates, sample_idx.

    Modified Keys: keypoints.

    Args:
        angle (Range): Degrees, clockwise; the paper's gamma.
        leg (str): 'left' or 'right'.
        skeleton (str | Skeleton | dict): Needs joints such as 'left_hip',
            'left_knee', 'left_ankle'.
        seed (int): Of the draws.
    """

    def __init__(self,
                 angle: Range = (135, 225),
                 leg: str = 'left',
                 skeleton='body15',
                 seed: int = 0):
        super().__init__(angle, 'angle', seed)
        names = list(get_skeleton(skeleton).joints)
        wanted = [f'{leg}_{part}' for part in ('hip', 'knee', 'ankle')]
        if not set(wanted) <= set(names):
            raise UserError('RotateLeg', 'leg', leg,
                            f'the skeleton has no {wanted}; give '
                            "'left' or 'right' and a body skeleton")
        self.pivot, *self.joints = (names.index(name) for name in wanted)

    def change(self, poses, value):
        return rotate_limb(poses, value, self.joints, self.pivot)


@TRANSFORMS.register_module()
class ScalePose(RandomPoseChange):
    """Scale the whole pose about the middle of the canvas.

    Required Keys: keypoints (n, K, 2) in canvas coordinates, sample_idx.

    Modified Keys: keypoints.

    Args:
        factor (Range): The paper's eta, positive.
        seed (int): Of the draws.
    """

    def __init__(self,
                 factor: Range = ((0.7, 0.9), (1.1, 1.2)),
                 seed: int = 0):
        super().__init__(factor, 'factor', seed)
        if (self.ranges <= 0).any():
            raise UserError('ScalePose', 'factor', factor,
                            'give positive factors')

    def change(self, poses, value):
        return poses * np.float32(value)
