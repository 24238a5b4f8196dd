"""Left or right? Resolved by what is known about poses, without labels."""
from typing import Union

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import get_skeleton


class LeftRightResolver(BaseModule):
    """Exchanges left and right where the exchanged pose fits better.

    Args:
        skeleton (str | Skeleton | dict): Joint set with ``flip_pairs``.
    """

    def __init__(self, skeleton='body15', init_cfg=None):
        super().__init__(init_cfg)
        self.skeleton = get_skeleton(skeleton)
        self.flip = list(self.skeleton.flip_indices)

    def remember(self, poses: Tensor) -> None:
        """Be told of the pose bank, (N, K, 2) canvas coordinates."""

    def exchanged(self, keypoints: Tensor) -> Tensor:
        """(N,) bool: which poses to exchange. ``keypoints`` (N, K, 2)."""
        raise NotImplementedError

    @torch.no_grad()
    def forward(self, keypoints: Tensor, scores: Tensor) -> tuple:
        """keypoints (N, K, 2) and scores (N, K), resolved."""
        swap = self.exchanged(keypoints)
        return (torch.where(swap[:, None, None], keypoints[:, self.flip],
                            keypoints),
                torch.where(swap[:, None], scores[:, self.flip], scores))


@MODELS.register_module()
class NearestPoseResolver(LeftRightResolver):
    """Asks which of both is nearer to a pose of the bank.

    Made for coloured skeletons, where the published resolver cannot err and
    cannot help: colours tell left from right already, rightly or wrongly.

    Args:
        size (int): Poses of the bank kept with the weights.
        margin (float): Exchange only if the distance falls below this share.
        skeleton (str | Skeleton | dict): Joint set.
    """

    def __init__(self,
                 size: int = 2000,
                 margin: float = 0.8,
                 skeleton='body15',
                 init_cfg=None):
        super().__init__(skeleton, init_cfg)
        if size < 1 or not 0 < margin <= 1:
            raise UserError('NearestPoseResolver', 'size, margin',
                            (size, margin),
                            'give size >= 1 and margin in (0, 1]')
        self.margin = margin
        self.register_buffer(
            'poses', torch.full((size, 2 * len(self.flip)), float('inf')))

    @property
    def known(self) -> bool:
        """bool: Whether it has been told of poses."""
        return bool(torch.isfinite(self.poses[0, 0]))

    def remember(self, poses: Tensor) -> None:
        """Keep poses evenly spaced in the first bank one is told of."""
        if self.known:
            return
        rows = torch.arange(len(self.poses)) * len(poses) // len(self.poses)
        self.poses.copy_(poses[rows].flatten(1))

    def exchanged(self, keypoints: Tensor) -> Tensor:
        if not self.known:  # untrained
            return keypoints.new_zeros(len(keypoints), dtype=torch.bool)
        both = torch.stack([keypoints, keypoints[:, self.flip]])
        far = torch.cdist(both.flatten(2).float(), self.poses).amin(-1)
        return far[1] < self.margin * far[0]


@MODELS.register_module()
class OfflineRegressorResolver(LeftRightResolver):
    """The published way: a frozen regressor reads the clean drawing again.

    Trained on white skeletons, it tells left from right by its pose prior
    alone; a pose is exchanged if the reading is nearer to the exchanged one.

    Args:
        regressor (dict | nn.Module): ``SkeletonRegressor`` trained with
            ``colors='gray'``.
        alpha (dict | nn.Module): ``SkeletonPreprocessor`` with the same
            ``colors`` and size.
        skeleton (str | Skeleton | dict): Joint set.
    """

    def __init__(self,
                 regressor: Union[dict, nn.Module],
                 alpha: Union[dict, nn.Module],
                 skeleton='body15',
                 init_cfg=None):
        super().__init__(skeleton, init_cfg)
        build = MODELS.build
        self.regressor = build(regressor) if isinstance(regressor, dict) \
            else regressor
        self.regressor.requires_grad_(False).eval()
        self.alpha = build(alpha) if isinstance(alpha, dict) else alpha
        if self.alpha.style['colors'] != 'gray':
            raise UserError('OfflineRegressorResolver', 'alpha.colors',
                            self.alpha.style['colors'],
                            "use 'gray': colours would give the answer away")

    def train(self, mode: bool = True):
        """Frozen: always in evaluation mode."""
        return super().train(False)

    def exchanged(self, keypoints: Tensor) -> Tensor:
        read = self.regressor.regress(self.alpha.render(keypoints))[0]
        own = (read - keypoints).norm(dim=-1).mean(-1)
        other = (read - keypoints[:, self.flip]).norm(dim=-1).mean(-1)
        return other < own
