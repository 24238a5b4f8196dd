"""Pose mixup: many poses between a handful."""
from typing import Sequence, Tuple

import numpy as np
from mmpose.registry import DATASETS, TRANSFORMS

from ...errors import UserError, check_seed
from ..datasets.collect import collect_poses
from ..datasets.pose_array import PoseArrayDataset
from ..transforms.normalize_pose import normalize_poses
from .few_shot import build_source


def draw_pairs(num_shots: int, size: int,
               seed: int) -> Tuple[np.ndarray, np.ndarray]:
    """Pairs i != j and weights lam ~ U(0, 1).

    Returns:
        tuple: (size, 2) int64, (size,) float32.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(num_shots, size=size)
    second = (first + 1 + rng.integers(num_shots - 1, size=size)) % num_shots
    lam = rng.random(size).astype(np.float32)
    return np.stack([first, second], 1), lam


def mix_poses(shots: np.ndarray, visible: np.ndarray, pairs: np.ndarray,
              lam: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """y* = lam y_i + (1 - lam) y_j, joint by joint (FlexPose, eq. 7).

    Args:
        shots (np.ndarray): (n, K, 2) on a common canvas.
        visible (np.ndarray): (n, K).
        pairs (np.ndarray): (m, 2) int, rows (i, j).
        lam (np.ndarray): (m,).

    Returns:
        tuple: (m, K, 2) float32; (m, K) float32, 1 where both are present.
    """
    i, j = pairs.T
    weight = lam[:, None, None]
    both = ((visible[i] > 0) & (visible[j] > 0)).astype(np.float32)
    mixed = weight * shots[i] + (1 - weight) * shots[j]
    return (mixed * both[..., None]).astype(np.float32), both


@DATASETS.register_module()
class PoseMixupDataset(PoseArrayDataset):
    """T*: poses between the shots of another dataset.

    The shots are put on the common canvas first, each by its own box
    (``normalize_poses``); mixing in image pixels would mix places and sizes.
    Items are canvas poses, so the pipeline needs no ``NormalizePose``; they
    carry ``mixup`` = (i, j, lam) as float32 (3,). 2D mixup shortens limbs
    (chord of an arc), so T* varies less than the target.

    Args:
        dataset (dict | Dataset): The shots, as a rule a FewShotDataset.
        size (int): Number of mixtures. The paper's 1000.
        seed (int): Of pairs and weights.
        include_shots (bool): Put the n shots before the mixtures, as
            (i, i + 1, lam = 1).
        padding (float): Of the canvas, see ``normalize_poses``.
        mapping, skeleton: As in ``FewShotDataset``.
        shot_pipeline (Sequence): Transforms of each shot on the canvas
            before mixing, such as ``RotatePose``; they get keypoints (1, K,
            2), keypoints_visible (1, K) and sample_idx.
        pipeline (Sequence): Transforms.
        **kwargs: ``indices``, ``test_mode``, ``lazy_init``, ``max_refetch``.

    Attributes:
        shots, shots_visible (np.ndarray): (n, K, 2) canvas and (n, K).
        pairs, lam (np.ndarray): (size, 2) int64 and (size,) float32.

    Raises:
        UserError: Fewer than two shots, size below 1, a pair without a
            common joint, joint sets that differ.
    """

    def __init__(self,
                 dataset,
                 size: int = 1000,
                 seed: int = 0,
                 include_shots: bool = False,
                 padding: float = 1.25,
                 mapping=None,
                 skeleton=None,
                 shot_pipeline: Sequence = (),
                 pipeline: Sequence = (),
                 **kwargs):
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise UserError('PoseMixupDataset', 'size', size,
                            'give a whole number of at least 1')
        check_seed('PoseMixupDataset', seed)
        self.dataset, skeleton = build_source(dataset, skeleton, mapping)
        self.size, self.seed, self.mapping = size, seed, mapping
        self.include_shots, self.padding = include_shots, padding
        self.shot_pipeline = [TRANSFORMS.build(step) for step in shot_pipeline]
        super().__init__(skeleton, pipeline=pipeline, **kwargs)

    def load_arrays(self):
        poses, visible, _ = collect_poses(self.dataset, self.mapping)
        if len(poses) < 2:
            raise UserError('PoseMixupDataset', 'dataset', len(poses),
                            'mixup needs at least two shots; draw more, or '
                            'adapt without mixup')
        self.shots = normalize_poses(poses, visible, self.padding)[0]
        if self.shot_pipeline:
            self.shots = np.stack([
                self._augmented(i, visible[i]) for i in range(len(poses))
            ])
        self.shots_visible = visible
        self.pairs, self.lam = draw_pairs(len(poses), self.size, self.seed)
        if self.include_shots:
            own = np.arange(len(poses))
            self.pairs = np.concatenate(
                [np.stack([own, (own + 1) % len(own)], 1), self.pairs])
            self.lam = np.concatenate(
                [np.ones(len(own), np.float32), self.lam])
        mixed, both = mix_poses(self.shots, visible, self.pairs, self.lam)
        self._check_pairs(both)
        return mixed, both, None

    def _augmented(self, index: int, visible: np.ndarray) -> np.ndarray:
        results = dict(
            keypoints=self.shots[index][None],
            keypoints_visible=visible[None],
            sample_idx=index)
        for step in self.shot_pipeline:
            results = step(results)
        return results['keypoints'][0]

    def _check_pairs(self, both: np.ndarray):
        bad = ~(both > 0).any(1)
        if bad.any():
            raise UserError(
                'PoseMixupDataset', 'pair', self.pairs[bad][0].tolist(),
                'these two shots have no joint in common; draw shots with '
                'all joints (require_all=True)')

    def _select(self, rows):
        super()._select(rows)
        self.pairs, self.lam = self.pairs[rows], self.lam[rows]

    def get_data_info(self, idx: int) -> dict:
        info = super().get_data_info(idx)
        info['mixup'] = np.array([*self.pairs[idx], self.lam[idx]],
                                 np.float32)
        return info
