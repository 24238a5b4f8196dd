"""A supply of unpaired poses of a fixed size."""
from typing import Optional, Tuple

import numpy as np
import torch
from mmpose.registry import DATASETS, MODELS

from ...errors import UserError
from ...skeletons import get_skeleton
from ..datasets.collect import collect_poses
from ..transforms.normalize_pose import normalize_poses


class PoseBank:
    """Poses on the canvas, drawn from by (seed, iteration) alone.

    ``size`` poses in all, for methods are compared at equal numbers: the
    paper's 33,000 are 32,000 generated ones and the 1,000 mixtures of T*
    (its larger runs: 121,000).

    Args:
        poses (dict): Config of a pose dataset, for example
            ``GeneratedPoseDataset`` of a ``PoseSampler`` or of a file.
        extra (dict, optional): A second one, all of whose poses are among the
            ``size``, for example ``PoseMixupDataset``.
        size (int, optional): Poses in all; None: as many as there are.
        seed (int): Of the choice and of all draws.
        skeleton (str | Skeleton | dict): Joint set.
        padding (float): Side of a pose's canvas over the longer side of its
            box; that of the image crops, seen from the joints.
        shift (float): Largest random shift in half sides; like the crops'.
        scale (float): Largest relative change of size; like the crops'.
        mapping (str, optional): Joint mapping for MMPose's own datasets.

    Raises:
        UserError: No pose, too few, other joints, bad numbers.
    """

    def __init__(self,
                 poses: dict,
                 extra: Optional[dict] = None,
                 size: Optional[int] = None,
                 seed: int = 0,
                 skeleton='body15',
                 padding: float = 1.25,
                 shift: float = 0.,
                 scale: float = 0.,
                 mapping: Optional[str] = None):
        for name, value, least in (('size', size or 1, 1), ('seed', seed, 0),
                                   ('shift', shift, 0), ('scale', scale, 0)):
            if value < least:
                raise UserError('PoseBank', name, value,
                                f'give at least {least}')
        if size == 0 or scale >= 1:
            raise UserError('PoseBank', 'size, scale', (size, scale),
                            'give at least 1, and below 1')
        self.skeleton = get_skeleton(skeleton)
        self.size, self.seed, self.padding = size, seed, padding
        self.shift, self.scale, self.mapping = shift, scale, mapping
        self.supply, self.extra = dict(poses), extra
        if isinstance(self.supply.get('sampler'), dict):
            if size is None:
                raise UserError('PoseBank', 'size', None,
                                'a sampler never ends; say how many')
            # built once, so that a refresh does not load it again
            self.supply['sampler'] = MODELS.build(self.supply['sampler'])
        self.poses = self.visible = None

    @property
    def endless(self) -> bool:
        """bool: Whether the supply makes new poses when asked again."""
        return self.supply.get('sampler') is not None

    def read(self, config: dict) -> Tuple[np.ndarray, np.ndarray]:
        """Canvas poses (N, K, 2) and visible (N, K) of a dataset."""
        dataset = DATASETS.build(config)
        if self.mapping is None or hasattr(dataset, 'poses'):
            own = getattr(dataset, 'skeleton', None)
            if own is not None:
                self.skeleton.check_same(own, type(dataset).__name__)
        mapping = None if hasattr(dataset, 'poses') else self.mapping
        poses, visible, _ = collect_poses(dataset, mapping)
        if not len(poses):
            raise UserError('PoseBank', 'poses', 0,
                            'the bank is empty; generate poses first')
        if poses.shape[1] != self.skeleton.num_joints:
            raise UserError(
                'PoseBank', 'poses.shape', poses.shape,
                f'{self.skeleton.name} has {self.skeleton.num_joints} joints;'
                ' set mapping=')
        return normalize_poses(poses, visible, self.padding)[0], visible

    def fill(self, refresh: int = 0) -> 'PoseBank':
        """Take in the poses of one refresh; equal numbers, equal poses.

        Args:
            refresh (int): 0, 1, 2, ...
        """
        given = [self.read(self.extra)] if self.extra else []
        taken = sum(len(part) for part, _ in given)
        wanted = None if self.size is None else self.size - taken
        if wanted is not None and wanted < 1:
            raise UserError('PoseBank', 'size', self.size,
                            f'extra alone has {taken}; give more')
        config = dict(self.supply)
        if self.endless:
            config.update(size=wanted, skeleton=self.skeleton)
            config['seed'] = config.get('seed', 0) + 1000003 * refresh
        poses, visible = self.read(config)
        wanted = wanted or len(poses)
        if len(poses) < wanted:
            raise UserError(
                'PoseBank', 'size', self.size,
                f'the supply holds only {len(poses)} poses; generate more or '
                'set a smaller size')
        rng = np.random.default_rng([self.seed, 0, refresh])
        rows = rng.permutation(len(poses))[:wanted]
        given.append((poses[rows], np.asarray(visible)[rows]))
        self.poses, self.visible = (
            np.concatenate(part).astype(np.float32) for part in zip(*given))
        return self

    def batch(self, n: int, iteration: int) -> Tuple[torch.Tensor, ...]:
        """Poses for one step.

        Args:
            n (int): How many.
            iteration (int): Number of the step; decides the draw.

        Returns:
            tuple: poses (n, K, 2) float32 canvas and visible (n, K) float32.
        """
        rng = np.random.default_rng([self.seed, 1, iteration])
        rows = rng.integers(len(self.poses), size=n)
        factor = 1 + rng.uniform(-self.scale, self.scale, (n, 1, 1))
        offset = rng.uniform(-self.shift, self.shift, (n, 1, 2))
        poses = self.poses[rows] * factor + offset
        return (torch.from_numpy(poses.astype(np.float32)),
                torch.from_numpy(self.visible[rows]))
