"""Data preprocessor that makes beta's training batches from canvas poses."""
from typing import Sequence

import torch
from mmengine.dist import get_rank
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from torch import Generator, Tensor

from flexpose_mm.errors import UserError
from flexpose_mm.rendering import render_skeletons
from ..data_preprocessors import SkeletonPreprocessor
from .augment import augment_poses, corrupt_images, hide_joints, uniform
from .soft_argmax import canvas_to_label


def tree_limbs(parents: Sequence[int]) -> list:
    """(parent, child) pairs of a kinematic tree, parents before children."""
    depth = {}

    def level(joint):
        if joint not in depth:
            parent = parents[joint]
            depth[joint] = 0 if parent < 0 else level(parent) + 1
        return depth[joint]

    order = sorted(range(len(parents)), key=level)
    return [(parents[j], j) for j in order if parents[j] >= 0]


@MODELS.register_module()
class SkeletonAugmentor(SkeletonPreprocessor):
    """Vary the poses, draw them, damage the drawings (training only).

    In evaluation it is a plain ``SkeletonPreprocessor``. The random stream
    depends on ``seed``, the rank and the number of batches made so far; the
    latter is a buffer, so a resumed training continues the same stream.

    Args:
        seed (int): Seed of the stream.
        rotation (float): Standard deviation of whole-body rotation, degrees.
        wild (float): Share of poses with limbs at random angles, so that
            poses of any domain are read.
        padding (tuple): Range of canvas side over box side; use is at 1.25.
        hide (float): Share of poses that lose some joints.
        corruption (float): Strength of :func:`corrupt_images`.
        width_jitter (float): Relative range of the line width per batch.
        kwargs: As ``SkeletonPreprocessor``.
    """

    def __init__(self,
                 *args,
                 seed: int = 0,
                 rotation: float = 15.,
                 wild: float = 0.25,
                 padding: Sequence[float] = (1.1, 1.6),
                 hide: float = 0.15,
                 corruption: float = 1.,
                 width_jitter: float = 0.25,
                 **kwargs):
        super().__init__(*args, **kwargs)
        if len(padding) != 2 or not 1 <= padding[0] <= padding[1]:
            raise UserError('SkeletonAugmentor', 'padding', tuple(padding),
                            'give (low, high) with 1 <= low <= high')
        self.seed, self.rotation, self.wild = seed, rotation, wild
        self.padding, self.hide = tuple(padding), hide
        self.corruption, self.width_jitter = corruption, width_jitter
        self.limbs = tree_limbs(self.skeleton.parents)
        self.register_buffer('steps', torch.zeros((), dtype=torch.int64))

    def next_generator(self, device) -> Generator:
        """A fresh stream for this batch; counts the batch."""
        seed = hash((self.seed, get_rank(), int(self.steps))) % 2**63
        self.steps += 1
        return Generator(device).manual_seed(seed)

    def draw(self, poses: Tensor, visible: Tensor,
             generator: Generator) -> Tensor:
        """Render with a line width that differs a little per batch."""
        width = self.style['line_width'] or self.size / 32
        low, high = 1 - self.width_jitter, 1 + self.width_jitter
        width *= float(uniform((1, ), low, high, generator))
        style = dict(self.style, line_width=width)
        return render_skeletons(poses, visible, self.skeleton, self.size,
                                **style)

    @torch.no_grad()
    def forward(self, data: dict, training: bool = False) -> dict:
        """Images and labels for training; see the parent for evaluation."""
        if not training:
            return super().forward(data, training)
        data = self.cast_data(data)
        poses = torch.stack(list(data['inputs']))
        if poses.ndim != 3:
            raise UserError('SkeletonAugmentor', 'inputs',
                            tuple(poses.shape),
                            'train on canvas poses (PackPose), not on images')
        generator = self.next_generator(poses.device)
        visible = self.visibility(data['data_samples'], poses)
        if visible is None:
            visible = torch.ones_like(poses[..., 0])
        poses = augment_poses(poses, visible, self.limbs, generator,
                              self.rotation, self.wild, self.padding)
        drawn = hide_joints(visible, self.hide, 0.2, generator)
        images = corrupt_images(
            self.draw(poses, drawn, generator), generator, self.corruption)
        labels = canvas_to_label(poses, self.size)
        for sample, label, weight in zip(data['data_samples'], labels, drawn):
            sample.gt_instance_labels = InstanceData(
                keypoint_labels=label[None], keypoint_weights=weight[None])
        return dict(inputs=images, data_samples=data['data_samples'])
