"""Skeletons and the mappings between joint sets.

Left and right are the person's own. Poses are arrays (..., K, D) with
``visible`` (..., K), > 0 = present.
"""
from dataclasses import dataclass
from typing import Dict, Tuple, Union

import numpy as np
import torch

from .errors import UserError
from .skeleton_type import Skeleton, color_table

WHITE = (255, 255, 255)

__all__ = [
    'BODY15', 'FACE68', 'HAND21', 'MAPPINGS', 'SKELETONS', 'JointMapping',
    'Skeleton', 'get_mapping', 'get_skeleton', 'map_joints'
]


def _bone_colored(name, joints, limbs, colors, own=WHITE, **kwargs):
    """Skeleton whose joint discs take the colour of the bone they end."""
    joint_colors = [own] * len(joints)
    for (_, child), color in zip(limbs, colors):
        joint_colors[child] = color
    return Skeleton(name, tuple(joints), tuple(limbs),
                    color_table(colors, len(limbs)),
                    color_table(joint_colors, len(joints)), **kwargs)


# 14 bright colours, greedily chosen for the largest smallest distance in
# CIELAB and RGB (nearest two: 75 apart in RGB); left warm, right cold.
_BODY15_COLORS = ((120, 255, 255), (255, 255, 0), (255, 120, 180),
                  (255, 60, 0), (255, 180, 0), (120, 180, 255),
                  (180, 0, 255), (60, 255, 180), (255, 180, 120),
                  (255, 0, 180), (180, 255, 120), (180, 120, 255),
                  (0, 120, 255), (0, 255, 0))

BODY15 = _bone_colored(
    'body15',
    joints=('head', 'neck', 'pelvis', 'left_shoulder', 'left_elbow',
            'left_wrist', 'right_shoulder', 'right_elbow', 'right_wrist',
            'left_hip', 'left_knee', 'left_ankle', 'right_hip', 'right_knee',
            'right_ankle'),
    limbs=((1, 0), (2, 1), (1, 3), (3, 4), (4, 5), (1, 6), (6, 7), (7, 8),
           (2, 9), (9, 10), (10, 11), (2, 12), (12, 13), (13, 14)),
    colors=_BODY15_COLORS,
    flip_pairs=((3, 6), (4, 7), (5, 8), (9, 12), (10, 13), (11, 14)),
    # COCO's constants; head and neck as CrowdPose, pelvis as a hip
    sigmas=(.079, .079, .107) + (.079, .072, .062) * 2 +
    (.107, .087, .089) * 2,
    parts=('upper', 'upper', 'lower') + ('upper', ) * 6 + ('lower', ) * 6)


def _chain(start: int, stop: int, closed: bool = False) -> tuple:
    links = tuple((i, i + 1) for i in range(start, stop))
    return links + ((stop, start), ) if closed else links


# iBUG 68 points: limbs of each facial part and the part's colour
_FACE_PARTS = (
    (_chain(0, 16), (120, 180, 255)),  # jaw
    (_chain(17, 21), (255, 120, 180)),  # brows
    (_chain(22, 26), (60, 255, 180)),
    (_chain(27, 30), (255, 255, 0)),  # nose
    (_chain(31, 35), (255, 180, 0)),
    (_chain(36, 41, True), (255, 0, 180)),  # eyes
    (_chain(42, 47, True), (0, 255, 0)),
    (_chain(48, 59, True), (255, 60, 0)),  # lips
    (_chain(60, 67, True), (180, 120, 255)))
_FACE_FLIP = (
    *((i, 16 - i) for i in range(8)), *((i, 43 - i) for i in range(17, 22)),
    (31, 35), (32, 34), *zip(range(36, 42), (45, 44, 43, 42, 47, 46)),
    (48, 54), (49, 53), (50, 52), (55, 59), (56, 58), (60, 64), (61, 63),
    (65, 67))
# face and left-hand rows of MMPose's coco_wholebody
_FACE_SIGMAS = (.042, .043, .044, .043, .040, .035, .031, .025, .020, .023,
                .029, .032, .037, .038, .043, .041, .045, .013, .012, .011,
                .011, .012, .012, .011, .011, .013, .015, .009, .007, .007,
                .007, .012, .009, .008, .016, .010, .017, .011, .009, .011,
                .009, .007, .013, .008, .011, .012, .010, .034, .008, .008,
                .009, .008, .008, .007, .010, .008, .009, .009, .009, .007,
                .007, .008, .011, .008, .008, .008, .01, .008)
_HAND_SIGMAS = (.029, .022, .035, .037, .047, .026, .025, .024, .035, .018,
                .024, .022, .026, .017, .021, .021, .032, .02, .019, .022,
                .031)

FACE68 = _bone_colored(
    'face68',
    joints=tuple(f'kpt-{i}' for i in range(68)),
    limbs=tuple(link for links, _ in _FACE_PARTS for link in links),
    colors=tuple(c for links, c in _FACE_PARTS for _ in links),
    flip_pairs=_FACE_FLIP,
    sigmas=_FACE_SIGMAS)

_FINGERS = ('thumb', 'forefinger', 'middle_finger', 'ring_finger',
            'pinky_finger')
_FINGER_COLORS = ((255, 60, 0), (255, 255, 0), (0, 255, 0), (0, 120, 255),
                  (255, 0, 180))

HAND21 = _bone_colored(
    'hand21',
    joints=('wrist', ) + tuple(f'{f}{i}' for f in _FINGERS
                               for i in range(1, 5)),
    limbs=tuple((0 if i == 0 else 4 * f + i, 4 * f + i + 1) for f in range(5)
                for i in range(4)),
    colors=tuple(
        tuple(int(v * (.7 + .1 * i)) for v in _FINGER_COLORS[f])
        for f in range(5) for i in range(4)),
    sigmas=_HAND_SIGMAS)

SKELETONS = {s.name: s for s in (BODY15, FACE68, HAND21)}


def get_skeleton(skeleton: Union[str, dict, Skeleton]) -> Skeleton:
    """Skeleton by name, by MMPose metainfo (dict), or itself."""
    if isinstance(skeleton, Skeleton):
        return skeleton
    if isinstance(skeleton, dict):
        return Skeleton.from_metainfo(skeleton)
    if not isinstance(skeleton, str) or skeleton not in SKELETONS:
        raise UserError('get_skeleton', 'skeleton', skeleton,
                        f'use one of {sorted(SKELETONS)} or MMPose metainfo')
    return SKELETONS[skeleton]


@dataclass(frozen=True)
class JointMapping:
    """Which source joints make each joint of a target skeleton.

    Args:
        name (str): Name of the source joint set.
        num_source (int): Number of source joints.
        pairs (tuple): (source, target) as in MMPose's ``KeypointConverter``;
            a tuple as source means the mean of those joints, which is
            visible only if all of them are.
        target (str): Name of the target skeleton.
        any_visible (tuple[int]): Targets that take the mean of those of
            their sources that are visible instead.
    """
    name: str
    num_source: int
    pairs: tuple
    target: str = 'body15'
    any_visible: Tuple[int, ...] = ()

    @property
    def target_skeleton(self) -> Skeleton:
        return get_skeleton(self.target)

    @property
    def converter_cfg(self) -> dict:
        """The nearest ``KeypointConverter``; it averages two joints at most,
        of longer groups the last two remain (COCO head: the ears)."""
        pairs = [(s if isinstance(s, int) else tuple(s[-2:]), t)
                 for s, t in self.pairs]
        return dict(type='KeypointConverter', mapping=pairs,
                    num_keypoints=SKELETONS[self.target].num_joints)


def _to_body15(name, num_source, sources, **kwargs):
    return name, JointMapping(name, num_source,
                              tuple(zip(sources, range(15))), **kwargs)


MAPPINGS: Dict[str, JointMapping] = dict([
    _to_body15('coco17', 17, ((0, 1, 2, 3, 4), (5, 6), (11, 12), 5, 7, 9, 6,
                              8, 10, 11, 13, 15, 12, 14, 16),
               any_visible=(0, )),
    _to_body15('mpii16', 16,
               (9, 7, 6, 13, 14, 15, 12, 11, 10, 3, 4, 5, 2, 1, 0)),
    _to_body15('lsp14', 14,
               (13, 12, (2, 3), 9, 10, 11, 8, 7, 6, 3, 4, 5, 2, 1, 0)),
    _to_body15('h36m17', 17,
               (10, 8, 0, 11, 12, 13, 14, 15, 16, 4, 5, 6, 1, 2, 3)),
    _to_body15('3dhp17', 17,
               (0, 1, 14, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10)),
    _to_body15('3dhp28', 28, (7, 5, 4, 9, 10, 11, 14, 15, 16, 18, 19, 20, 23,
                              24, 25)),
    _to_body15('smpl24', 24, (15, 12, 0, 16, 18, 20, 17, 19, 21, 1, 4, 7, 2,
                              5, 8)),
    # all 32 of Human3.6M: neck 13, head 15 are the points that KeypointGAN
    # draws
    _to_body15('h36m32', 32, (15, 13, 11, 17, 18, 19, 25, 26, 27, 6, 7, 8, 1,
                              2, 3)),
    # every second jaw point, the upper edges of the brows, no pupils
    ('wflw98',
     JointMapping(
         'wflw98',
         98,
         tuple(
             zip((*range(0, 33, 2), *range(33, 38), *range(42, 47),
                  *range(51, 60), 60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73,
                  75, *range(76, 96)), range(68))),
         target='face68')),
])


def get_mapping(mapping: Union[str, JointMapping]) -> JointMapping:
    """Mapping by name, or itself."""
    if isinstance(mapping, JointMapping):
        return mapping
    if mapping not in MAPPINGS:
        raise UserError('get_mapping', 'mapping', mapping,
                        f'use one of {sorted(MAPPINGS)}, or None when the '
                        'joints are already those of the skeleton')
    return MAPPINGS[mapping]


def map_joints(keypoints, visible, mapping):
    """Bring poses from another joint set to a shared skeleton.

    Args:
        keypoints (np.ndarray | torch.Tensor): (..., K_source, D).
        visible: (..., K_source), or None for all visible.
        mapping (str | JointMapping): See ``MAPPINGS``.

    Returns:
        tuple: keypoints (..., K, D) in the input's type and dtype; visible
        (..., K) 0 or 1 in the same dtype. Invisible joints are 0.

    Raises:
        UserError: Unknown mapping or wrong number of joints.
    """
    mapping = get_mapping(mapping)
    if keypoints.ndim < 2 or keypoints.shape[-2] != mapping.num_source:
        raise UserError(
            'map_joints', 'keypoints.shape', tuple(keypoints.shape),
            f'mapping {mapping.name!r} takes {mapping.num_source} joints on '
            'the last axis but one')
    lib = torch if isinstance(keypoints, torch.Tensor) else np
    if visible is None:
        visible = lib.ones_like(keypoints[..., 0])
    seen = visible > 0
    clean = lib.where(seen[..., None], keypoints, lib.zeros_like(keypoints))
    points, present = [], []
    for source, target in sorted(mapping.pairs, key=lambda pair: pair[1]):
        index = [source] if isinstance(source, int) else list(source)
        count = seen[..., index].sum(-1)
        need = 1 if target in mapping.any_visible else len(index)
        found = count >= need
        mean = clean[..., index, :].sum(-2) / lib.where(
            count > 0, count, lib.ones_like(count))[..., None]
        points.append(lib.where(found[..., None], mean,
                                lib.zeros_like(mean)))
        present.append(found)
    points, present = lib.stack(points, -2), lib.stack(present, -1)
    if lib is torch:
        return points.to(keypoints.dtype), present.to(keypoints.dtype)
    return (points.astype(keypoints.dtype, copy=False),
            present.astype(keypoints.dtype))
