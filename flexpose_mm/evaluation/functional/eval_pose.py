"""EvalPose: do the joint angles of two poses agree?

Dua et al., "Towards Effective Synthetic Data Sampling for Domain Adaptive
Pose Estimation", section 2.4, eq. 3: the cosine of two vectors of angles at
kinematic triplets. The triplets of the paper's figure 3(c) are not given in
its text; these are ours: knees, hips, elbows, shoulders and neck, or the
joints and spread of fingers.
"""
from typing import NamedTuple, Sequence, Tuple

import numpy as np

from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import get_skeleton

#: A limb shorter than this share of its pose's diameter has no direction.
MIN_LIMB = 1 / 256
MIN_TRIPLETS = 3

_SIDE = (('{s}_foot', '{s}_knee', '{s}_hip'),  # where there is no ankle
         ('{s}_ankle', '{s}_knee', '{s}_hip'),
         ('{s}_shoulder', '{s}_hip', '{s}_knee'),
         ('{o}_hip', '{s}_hip', '{s}_knee'),
         ('{s}_wrist', '{s}_elbow', '{s}_shoulder'),
         ('{s}_elbow', '{s}_shoulder', '{s}_hip'))
_NECK = tuple(('{s}_shoulder', neck, head)
              for neck in ('upper_neck', 'neck', 'thorax')
              for head in ('head_top', 'head', 'top_head'))
_NOSE = ('nose', '{s}_shoulder', '{o}_shoulder')
_FINGERS = ('thumb', 'forefinger', 'middle_finger', 'ring_finger',
            'pinky_finger')


class PoseAgreement(NamedTuple):
    """Result of :func:`eval_pose`.

    Attributes:
        scores (np.ndarray): (N,) float64 in [-1, 1], 1 = the same angles; 0
            where not counted.
        counted (np.ndarray): (N,) bool: at least three triplets count.
        dropped (int): Triplets left out: a joint invisible or a limb of the
            ground truth degenerate.
        collapsed (int): Counted triplets whose predicted limb is degenerate,
            so that the angle is taken as 0.
    """
    scores: np.ndarray
    counted: np.ndarray
    dropped: int
    collapsed: int


def _body_triplets(names: Sequence[str]) -> list:
    """Triplets of names for a body, as far as it has these joints."""
    found, known = [], set(names)
    for s, o in (('right', 'left'), ('left', 'right')):
        for triplet in _SIDE[s + '_ankle' in known:]:
            found.append([name.format(s=s, o=o) for name in triplet])
        neck = [[name.format(s=s, o=o) for name in triplet]
                for triplet in (*_NECK, _NOSE)]
        found += [t for t in neck if set(t) <= known][:1]
    return [t for t in found if set(t) <= known]


def _hand_triplets() -> list:
    """Triplets of names for a hand: three per finger and four spreads."""
    found = []
    for finger in _FINGERS:
        chain = ['wrist'] + [f'{finger}{i}' for i in range(1, 5)]
        found += [chain[i:i + 3] for i in range(3)]
    return found + [[f'{a}1', 'wrist', f'{b}1']
                    for a, b in zip(_FINGERS, _FINGERS[1:])]


def kinematic_triplets(skeleton) -> Tuple[Tuple[int, int, int], ...]:
    """Triplets (a, b, c) of joints, b the vertex, for a skeleton.

    Bodies and hands are known by the names of their joints, in whatever
    order; for any other skeleton each joint with its parent and grandparent
    is one.

    Args:
        skeleton (str | Skeleton | dict): Name or MMPose metainfo.

    Returns:
        tuple: T triplets of joint indices.

    Raises:
        UserError: A skeleton with fewer than three.

    Example:
        >>> kinematic_triplets('body15')[0]  # right ankle, knee, hip
        (14, 13, 12)
    """
    skeleton = get_skeleton(skeleton)
    index = {name: i for i, name in enumerate(skeleton.joints)}
    hand = _hand_triplets()
    known = hand if {n for t in hand for n in t} <= set(index) else \
        _body_triplets(skeleton.joints)
    triplets = tuple(tuple(index[name] for name in t) for t in known)
    if len(triplets) < 8:  # neither a body nor a hand
        triplets = skeleton.triplets
    if len(triplets) < MIN_TRIPLETS:
        raise UserError(
            'EvalPose', 'triplets', triplets,
            f'skeleton {skeleton.name!r} has too few limbs for angles; give '
            f'triplets= with at least {MIN_TRIPLETS} rows of three joints')
    return triplets


def check_triplets(triplets, num_joints: int) -> np.ndarray:
    """(T, 3) int64; UserError unless they name different joints."""
    table = np.asarray(triplets)
    if table.ndim != 2 or table.shape[1] != 3 or table.dtype.kind not in 'iu' \
            or table.min(initial=0) < 0 \
            or table.max(initial=0) >= num_joints \
            or any(len(set(row)) != 3 for row in table.tolist()):
        raise UserError('EvalPose', 'triplets', np.asarray(triplets).tolist(),
                        'give rows of three different joints of '
                        f'0..{num_joints - 1}')
    return table.astype(np.int64)


def joint_angles(poses: np.ndarray,
                 triplets: np.ndarray,
                 signed: bool = False) -> np.ndarray:
    """Angle at b between b -> a and b -> c, radians.

    Args:
        poses (np.ndarray): (N, K, 2).
        triplets (np.ndarray): (T, 3).
        signed (bool): Positive where c is reached from a by turning from x
            towards y.

    Returns:
        np.ndarray: (N, T) float64 in [0, pi], or (-pi, pi] if signed; 0 for
        a limb of length 0.
    """
    a, b, c = (poses[:, triplets[:, i]].astype(np.float64) for i in range(3))
    u, v = a - b, c - b  # arctan2 is the paper's arccos, exact near 0, pi
    cross = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    angle = np.arctan2(cross, (u * v).sum(-1))
    return angle if signed else np.abs(angle)


def _degenerate(poses, seen, triplets) -> np.ndarray:
    """(N, T) bool: a limb of the triplet is too short to have an angle."""
    points = poses.astype(np.float64)
    count = np.maximum(seen.sum(1), 1)[:, None]
    mask = seen[..., None]
    centre = np.where(mask, points, 0).sum(1) / count
    distance = np.linalg.norm(points - centre[:, None], axis=-1)
    diameter = 2 * np.where(seen, distance, 0).max(1, initial=0)
    a, b, c = (points[:, triplets[:, i]] for i in range(3))
    short = np.minimum(np.linalg.norm(a - b, axis=-1),
                       np.linalg.norm(c - b, axis=-1))
    return short <= MIN_LIMB * diameter[:, None]


def valid_angles(poses: np.ndarray, visible: np.ndarray,
                 triplets) -> Tuple[np.ndarray, np.ndarray]:
    """Unsigned angles of poses where they exist.

    Args:
        poses (np.ndarray): (N, K, 2), any unit.
        visible (np.ndarray): (N, K), > 0 = present.
        triplets: (T, 3).

    Returns:
        tuple: angles (N, T) float64, radians, 0 where not valid; valid
        (N, T) bool.
    """
    triplets = check_triplets(triplets, poses.shape[1])
    seen = np.asarray(visible) > 0
    points = np.where(seen[..., None], poses, 0)
    valid = seen[:, triplets].all(-1) & ~_degenerate(points, seen, triplets)
    return np.where(valid, joint_angles(points, triplets), 0), valid


def cross_eval_pose(one: tuple, two: tuple) -> Tuple[np.ndarray, np.ndarray]:
    """Unsigned EvalPose of all pairs of two sets of poses.

    Args:
        one, two (tuple): Of :func:`valid_angles`, N and M poses.

    Returns:
        tuple: scores (N, M) float64; counted (N, M) bool, pairs with at
        least three triplets that both have.
    """
    (a, seen_a), (b, seen_b) = one, two
    seen_a, seen_b = seen_a.astype(float), seen_b.astype(float)
    norm = np.sqrt((a**2 @ seen_b.T) * (seen_a @ (b**2).T))
    scores = np.divide(a @ b.T, norm, out=np.zeros_like(norm),
                       where=norm > 0)
    return scores.clip(-1, 1), seen_a @ seen_b.T >= MIN_TRIPLETS


def eval_pose(pred: np.ndarray,
              gt: np.ndarray,
              visible: np.ndarray,
              triplets,
              signed: bool = False) -> PoseAgreement:
    """EvalPose of predictions, eq. 3.

    Invariant to place, size and rotation of either pose; unsigned also to
    mirroring.

    Args:
        pred (np.ndarray): (N, K, 2), any unit.
        gt (np.ndarray): (N, K, 2), any unit.
        visible (np.ndarray): (N, K), joints of ``gt``, > 0 = present.
        triplets: (T, 3), see :func:`kinematic_triplets`.
        signed (bool): Signed angles, a diagnostic: unsigned ones are between
            0 and pi, so that unrelated poses score about 0.9.

    Returns:
        PoseAgreement: See there.

    Raises:
        UserError: Shapes that differ, NaN in a visible joint, bad triplets.
    """
    pred, gt = np.asarray(pred), np.asarray(gt)
    seen = np.asarray(visible) > 0
    if pred.shape != gt.shape or gt.ndim != 3 or seen.shape != gt.shape[:2]:
        raise UserError('EvalPose', 'shapes of pred, gt, visible',
                        (pred.shape, gt.shape, seen.shape),
                        'give (N, K, 2) twice and (N, K)')
    triplets = check_triplets(triplets, gt.shape[1])
    for name, array in (('pred', pred), ('gt', gt)):
        bad = ~np.isfinite(array).all(-1) & seen
        if bad.any():
            raise UserError('EvalPose', f'{name}[{bad.any(1).argmax()}]',
                            'NaN or inf', 'repair the pose, or mark the '
                            'joint invisible')
    pred = np.where(seen[..., None], pred, 0)
    two, valid = valid_angles(gt, seen, triplets)
    if signed:
        clean = np.where(seen[..., None], gt, 0)
        two = np.where(valid, joint_angles(clean, triplets, True), 0)
    flat = _degenerate(pred, seen, triplets)
    one = np.where(valid & ~flat, joint_angles(pred, triplets, signed), 0)
    counted = valid.sum(1) >= MIN_TRIPLETS
    norm = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    scores = np.where(norm > 0, (one * two).sum(1) / np.where(
        norm > 0, norm, 1), 0.)
    return PoseAgreement(
        np.where(counted, scores, 0).clip(-1, 1), counted,
        int((~valid).sum()), int((valid & flat).sum()))
