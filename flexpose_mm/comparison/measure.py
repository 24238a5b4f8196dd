"""The numbers of one run."""
from typing import Dict, Optional

import numpy as np
import torch
from mmpose.registry import METRICS
from torch import Tensor, nn

from ..datasets import collect_poses, normalize_poses
from ..evaluation.functional import nearest_distances
from ..models.perceptual import perceptual_loss

PREVIEWS = 8


class Judge:
    """Held-back target poses, and the shots, as one measure of pose sets.

    Args:
        evaluator (dict): Config of ``PoseDistributionMetric``.
        shots (np.ndarray): The poses that were shown to the method, (n, K,
            2) in any unit.
    """

    def __init__(self, evaluator: dict, shots: np.ndarray):
        metric = METRICS.build(dict(evaluator, controls=None))
        self.reference, self.padding = metric.reference, metric.padding
        self.shots = self.canvas(shots)
        self.own_distance = self.to_shots(self.reference.near_poses)

    def canvas(self, poses: np.ndarray) -> np.ndarray:
        """Poses (n, K, 2) by their own box, as the metric does it."""
        return normalize_poses(poses, None, self.padding)[0]

    def to_shots(self, poses: np.ndarray) -> float:
        """Mean distance to the nearest shot, canvas units."""
        shots = self.shots.reshape(len(self.shots), -1)
        return float(nearest_distances(poses, shots).mean())

    def __call__(self, poses: np.ndarray) -> Dict[str, float]:
        """Measures of poses (n, K, 2), n >= 2.

        Returns:
            dict: Those of ``PoseReference.compare``, ``shot_distance``, the
            mean root-mean-square distance to the nearest shot, and
            ``shot_ratio``, the same over that of the held-back poses: 1 is
            a new pose, 0 a copy.
        """
        canvas = self.canvas(poses)
        near = self.to_shots(canvas.reshape(len(canvas), -1))
        return dict(
            self.reference.compare(canvas),
            shot_distance=near,
            shot_ratio=near / self.own_distance)


def complete_poses(dataset) -> np.ndarray:
    """Poses (n, K, 2) of a data set that have all joints."""
    poses, visible, _ = collect_poses(dataset)
    return poses[(np.asarray(visible) > 0).all(1)]


def draw_poses(model: nn.Module,
               n: int,
               seed: int,
               generator: Optional[nn.Module] = None) -> np.ndarray:
    """n poses of a model as its config's ``sampler`` says, (n, K, 2)."""
    sampler = model.pose_sampler(generator,
                                 **(model.cfg.get('sampler') or {}))
    blocks = [b.keypoints for b in sampler.iter_batches(n, seed)]
    return torch.cat(blocks).float().cpu().numpy()


def preview(model: nn.Module) -> Dict[str, np.ndarray]:
    """(n, 3, S, S) uint8 of the same codes, ``source`` and ``adapted``."""
    return {
        name: to_uint8(images)
        for name, images in model.preview(PREVIEWS).items()
    }


def to_uint8(images: Tensor) -> np.ndarray:
    """Images in [-1, 1], clipped, as bytes."""
    scaled = (images.clamp(-1, 1).float() + 1) * 127.5
    return scaled.round().to(torch.uint8).cpu().numpy()


@torch.no_grad()
def reconstruction_loss(model: nn.Module, dataset, block: int = 64) -> float:
    """Perceptual loss (eq. 5) over all of T*, after training.

    Args:
        model (PoseAdapter): Prepared with ``dataset``.
        dataset (PoseMixupDataset): T*, with its pipeline.
        block (int): Poses at a time; the loss of each is in units of its
            target's energy, and the blocks are averaged.
    """
    total = 0.
    for rows in torch.arange(len(dataset)).split(block):
        samples = [dataset[int(row)]['data_samples'] for row in rows]
        images = model.draw(
            model.training_codes(samples), randomize_noise=False)
        loss = perceptual_loss(
            model.extract(images), model.target_features(rows))
        total += float(loss) * len(rows)
    return total / len(dataset)
