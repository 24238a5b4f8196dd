"""The type of a skeleton: joints, limbs, colours, kinematic tree."""
import hashlib
from dataclasses import dataclass, field
from typing import Tuple

import numpy as np

from .errors import UserError


def _spanning_parents(num_joints: int, limbs) -> Tuple[int, ...]:
    """Parent of each joint in a breadth-first tree over the limbs (-1: root).

    Roots are joints that no limb names as child, then the lowest index, so
    that graphs with loops (COCO, lips) get a tree, too.
    """
    near = [[] for _ in range(num_joints)]
    for a, b in limbs:
        near[a].append(b)
        near[b].append(a)
    children = {b for _, b in limbs}
    order = sorted(range(num_joints), key=lambda j: (j in children, j))
    parents = [None] * num_joints
    for root in order:
        queue = [root] if parents[root] is None else []
        if queue:
            parents[root] = -1
        for joint in queue:
            for other in near[joint]:
                if parents[other] is None:
                    parents[other] = joint
                    queue.append(other)
    return tuple(parents)


def color_table(rows, length: int) -> np.ndarray:
    table = np.asarray(rows, np.uint8).reshape(length, 3)
    table.setflags(write=False)
    return table


@dataclass(frozen=True)
class Skeleton:
    """Joints and limbs of one kind of body.

    Args:
        name (str): Name of the joint set.
        joints (tuple[str]): K joint names.
        limbs (tuple[tuple[int, int]]): L pairs (parent, child), in the order
            of drawing.
        colors (np.ndarray): (L, 3) uint8 RGB, one per limb.
        joint_colors (np.ndarray): (K, 3) uint8 RGB, one per joint disc.
        flip_pairs (tuple[tuple[int, int]]): Joints that swap in a mirror.
        sigmas (tuple[float]): K OKS constants, or empty when unknown.
        parts (tuple[str]): K of 'upper', 'lower' or ''.
        joint_weights (tuple[float]): K loss weights; empty means ones.
    """
    name: str
    joints: Tuple[str, ...]
    limbs: Tuple[Tuple[int, int], ...]
    colors: np.ndarray = field(compare=False, repr=False)
    joint_colors: np.ndarray = field(compare=False, repr=False)
    flip_pairs: Tuple[Tuple[int, int], ...] = ()
    sigmas: Tuple[float, ...] = field(
        default=(), compare=False, repr=False)
    parts: Tuple[str, ...] = field(default=(), repr=False)
    joint_weights: Tuple[float, ...] = field(
        default=(), compare=False, repr=False)

    def __post_init__(self):
        k, where = len(self.joints), f'skeleton {self.name!r}'
        if not k or len(set(self.joints)) != k:
            raise UserError(where, 'joints', self.joints,
                            'give at least one joint, each name once')
        for pair in (*self.limbs, *self.flip_pairs):
            if not all(0 <= j < k for j in pair) or pair[0] == pair[1]:
                raise UserError(where, 'limbs or flip_pairs', pair,
                                f'name two different joints of 0..{k - 1}')
        # sigmas and weights go unchecked: MMPose's own coco_aic has 17
        # joints, but 14 of each
        if len(self.parts) not in (0, k):
            raise UserError(where, 'parts', self.parts,
                            f'give {k} values, one per joint, or none')

    @property
    def num_joints(self) -> int:
        return len(self.joints)

    @property
    def num_limbs(self) -> int:
        return len(self.limbs)

    @property
    def parents(self) -> Tuple[int, ...]:
        """Parent joint of each joint in the kinematic tree, -1 at roots."""
        return _spanning_parents(self.num_joints, self.limbs)

    @property
    def triplets(self) -> Tuple[Tuple[int, int, int], ...]:
        """Kinematic triplets (grandparent, parent, child)."""
        up = self.parents
        return tuple((up[up[c]], up[c], c) for c in range(self.num_joints)
                     if up[c] >= 0 and up[up[c]] >= 0)

    @property
    def flip_indices(self) -> Tuple[int, ...]:
        """Index of each joint's mirror partner (itself if it has none)."""
        flip = list(range(self.num_joints))
        for a, b in self.flip_pairs:
            flip[a], flip[b] = b, a
        return tuple(flip)

    @property
    def fingerprint(self) -> str:
        """12 hex digits of the sha1 of joint names and limbs."""
        text = repr((tuple(self.joints), tuple(map(tuple, self.limbs))))
        return hashlib.sha1(text.encode()).hexdigest()[:12]

    def check_same(self, other: 'Skeleton', where: str) -> None:
        """Raise UserError if ``other`` has other joints or limbs."""
        if other.fingerprint != self.fingerprint:
            raise UserError(
                where, 'skeleton', self.name,
                f'its {self.num_joints} joints and {self.num_limbs} limbs '
                f'are not those of {other.name!r} ({other.num_joints} and '
                f'{other.num_limbs}); set mapping= or another skeleton=')

    @property
    def metainfo(self) -> dict:
        """MMPose's unparsed ``dataset_info`` of plain Python values."""
        flip, k = self.flip_indices, self.num_joints
        parts = self.parts or ('', ) * k
        keypoints = {
            i: dict(
                name=name, id=i, color=self.joint_colors[i].tolist(),
                type=parts[i],
                swap='' if flip[i] == i else self.joints[flip[i]])
            for i, name in enumerate(self.joints)
        }
        links = {
            i: dict(link=(self.joints[a], self.joints[b]), id=i,
                    color=self.colors[i].tolist())
            for i, (a, b) in enumerate(self.limbs)
        }
        return dict(dataset_name=self.name, keypoint_info=keypoints,
                    skeleton_info=links,
                    joint_weights=list(self.joint_weights or (1., ) * k),
                    sigmas=list(self.sigmas))

    @classmethod
    def from_metainfo(cls, meta: dict) -> 'Skeleton':
        """Read MMPose metainfo: parsed, unparsed, or ``dict(from_file=)``.

        Colours are those of the metainfo, read as RGB as MMPose's visualizer
        does.
        """
        if 'num_keypoints' not in meta or 'skeleton_links' not in meta:
            from mmpose.datasets.datasets.utils import parse_pose_metainfo
            try:
                meta = parse_pose_metainfo(dict(meta))
            except (AssertionError, KeyError, FileNotFoundError) as error:
                raise UserError(
                    'Skeleton', 'metainfo', meta,
                    'give an MMPose dataset_info with dataset_name, '
                    'keypoint_info, skeleton_info, joint_weights and sigmas, '
                    f'or from_file= an existing one ({error})') from None
        k = meta['num_keypoints']
        part = {j: 'upper' for j in meta['upper_body_ids']}
        part.update({j: 'lower' for j in meta['lower_body_ids']})
        pairs = {tuple(sorted(p)) for p in meta['flip_pairs']}
        links = tuple(tuple(link) for link in meta['skeleton_links'])
        return cls(
            name=meta['dataset_name'],
            joints=tuple(meta['keypoint_id2name'][i] for i in range(k)),
            limbs=links,
            colors=color_table(meta['skeleton_link_colors'], len(links)),
            joint_colors=color_table(meta['keypoint_colors'], k),
            flip_pairs=tuple(sorted(pairs)),
            sigmas=tuple(float(s) for s in meta['sigmas']),
            parts=tuple(part.get(i, '') for i in range(k)),
            joint_weights=tuple(
                float(w) for w in meta['dataset_keypoint_weights']))
