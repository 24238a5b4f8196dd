"""Poses to skeleton images in one batched call on the model's device."""
from typing import Optional

import torch
from mmengine.model import BaseDataPreprocessor
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.rendering import check_style, render_skeletons
from flexpose_mm.skeletons import get_skeleton


@MODELS.register_module()
class SkeletonPreprocessor(BaseDataPreprocessor):
    """Stacks a batch and makes skeleton images of it.

    Canvas poses (K, 2) from ``PackPose`` are drawn by the batched alpha;
    uint8 images (3, S, S) from ``RenderSkeleton`` are scaled to [-1, 1].

    Args:
        size (int): Canvas side S in pixels.
        skeleton (str | dict): See ``get_skeleton``.
        line_width (float, optional): Limb width in px; None is S / 32.
        joint_radius (float, optional): Joint radius in px.
        colors (str): ``'rgb'`` or ``'gray'``.

    Returns (of ``forward``):
        dict: ``inputs`` (N, 3, S, S) float32 in [-1, 1], RGB, and
        ``data_samples``.
    """

    def __init__(self,
                 size: int,
                 skeleton='body15',
                 line_width: Optional[float] = None,
                 joint_radius: Optional[float] = None,
                 colors: str = 'rgb',
                 non_blocking: bool = False):
        super().__init__(non_blocking)
        self.size, self.skeleton = size, get_skeleton(skeleton)
        self.style = dict(
            line_width=line_width, joint_radius=joint_radius, colors=colors)
        check_style(self.skeleton, size, **self.style)

    def render(self,
               keypoints: Tensor,
               visible: Optional[Tensor] = None) -> Tensor:
        """alpha: canvas poses (N, K, 2) -> images (N, 3, S, S)."""
        return render_skeletons(keypoints, visible, self.skeleton, self.size,
                                **self.style)

    @property
    def meta(self) -> dict:
        """dict: Plain description of the canvas, for checkpoints."""
        return dict(
            skeleton=self.skeleton.name,
            fingerprint=self.skeleton.fingerprint,
            size=self.size,
            **self.style)

    def forward(self, data: dict, training: bool = False) -> dict:
        data = self.cast_data(data)
        inputs, samples = data['inputs'], data.get('data_samples')
        if isinstance(inputs, (list, tuple)):
            inputs = torch.stack(list(inputs))
        if inputs.dtype == torch.uint8:
            images = inputs.float() / 127.5 - 1
        elif inputs.ndim == 3:
            images = self.render(inputs, self.visibility(samples, inputs))
        else:
            images = inputs
        return dict(inputs=images, data_samples=samples)

    @staticmethod
    def visibility(samples, poses: Tensor) -> Optional[Tensor]:
        """(N, K) visibility of the batch, None if all is visible."""
        if not samples or 'gt_instances' not in samples[0]:
            return None
        rows = [
            torch.as_tensor(s.gt_instances.keypoints_visible[0])
            for s in samples
        ]
        return torch.stack(rows).to(poses)
