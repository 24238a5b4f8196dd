"""What all denoisers of ``GaussianDiffusion`` have in common."""
import math
from typing import Optional

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn


class SinusoidEmbedding(nn.Module):
    """Time steps as sines and cosines of ``dims / 2`` frequencies."""

    def __init__(self, dims: int):
        super().__init__()
        self.dims = dims

    def forward(self, t: Tensor) -> Tensor:
        """(B,) to (B, dims) float32, sines first."""
        half = self.dims // 2
        scale = math.log(10000) / (half - 1)
        rates = torch.exp(-scale * torch.arange(half, device=t.device))
        phase = t[:, None].float() * rates
        return torch.cat([phase.sin(), phase.cos()], -1)


def time_mlp(dims: int, channels: int) -> nn.Sequential:
    """Time steps (B,) to (B, channels), from ``dims`` sines and cosines."""
    return nn.Sequential(
        SinusoidEmbedding(dims), nn.Linear(dims, 2 * dims), nn.GELU(),
        nn.Linear(2 * dims, channels))


class Denoiser(BaseModule):
    """Base of the networks that tell clean poses from noisy ones.

    Args:
        num_frames (int): F, the length of a clip.
        num_joints (int): J.
    """

    def __init__(self,
                 num_frames: int,
                 num_joints: int,
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        self.num_frames, self.num_joints = num_frames, num_joints

    def denoise(self, keypoints: Tensor, poses: Tensor, t: Tensor) -> Tensor:
        """As :meth:`forward`, for poses (B, H, F, J, 3); the axes of the
        result may be merged, such as (BH, F, 3J)."""
        raise NotImplementedError

    def forward(self, keypoints: Tensor, poses: Tensor, t: Tensor) -> Tensor:
        """Clean poses from noisy ones.

        Args:
            keypoints (Tensor): (B, F, J, 2) normalised.
            poses (Tensor): (B, F, J, 3) or (B, H, F, J, 3) noisy.
            t (Tensor): (B,) time steps.

        Returns:
            Tensor: As ``poses``.
        """
        noisy = poses[:, None] if poses.dim() == 4 else poses
        return self.denoise(keypoints, noisy, t).reshape(poses.shape)
