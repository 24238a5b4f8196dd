"""A pose prior in keypoint space by flow matching.

Lipman et al. 2023 with minibatch optimal transport couplings (Tong et al.
2024): the map from noise to pose is smooth and nearly straight, which makes
it a good teacher for the generator (see ``warm_start.py``).
"""
from typing import Dict, Optional

import torch
import torch.nn as nn
from mmengine.model import BaseModel
from mmpose.registry import MODELS
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from flexpose_mm.checkpoints import read_checkpoint
from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import get_skeleton
from flexpose_mm.models.seeding import local_normal


class VelocityField(nn.Module):
    """v(x, t): an MLP on noisy poses.

    Args:
        dim (int): 2K coordinates.
        width (int): Hidden width.
        depth (int): Residual hidden layers.

    Shape:
        x (N, dim), t (N, 1) -> (N, dim)
    """

    def __init__(self, dim: int, width: int = 512, depth: int = 3):
        super().__init__()
        self.register_buffer('freqs', 2.**torch.arange(4) * torch.pi / 2)
        self.stem = nn.Linear(dim + 8, width)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(),
                nn.Linear(width, width)) for _ in range(depth))
        self.head = nn.Linear(width, dim)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        phase = t * self.freqs
        h = self.stem(torch.cat([x, phase.sin(), phase.cos()], 1))
        for layer in self.layers:
            h = h + layer(h)
        return self.head(h)


def couple(noise: Tensor, poses: Tensor) -> Tensor:
    """Noise re-ordered by optimal transport to the batch's poses."""
    cost = torch.cdist(poses, noise).square()
    _, order = linear_sum_assignment(cost.detach().cpu().numpy())
    return noise[torch.as_tensor(order, device=noise.device)]


def flow_matching_loss(field: nn.Module, noise: Tensor, poses: Tensor,
                       t: Tensor) -> Tensor:
    """|v(x_t, t) - (x_1 - x_0)|^2 on straight paths.

    Args:
        field (nn.Module): v.
        noise (Tensor): x_0 (N, dim).
        poses (Tensor): x_1 (N, dim).
        t (Tensor): Times in [0, 1], (N, 1).

    Returns:
        Tensor: Scalar.
    """
    noise = couple(noise, poses)
    x = torch.lerp(noise, poses, t)
    return (field(x, t) - (poses - noise)).square().mean()


@torch.no_grad()
def integrate(field: nn.Module, noise: Tensor, steps: int = 8) -> Tensor:
    """x_1 of the flow from x_0 by Heun's method, (N, dim) -> (N, dim)."""
    x, h = noise, 1. / steps
    for i in range(steps):
        t = torch.full_like(x[:, :1], i * h)
        v = field(x, t)
        x = x + h / 2 * (v + field(x + h * v, t + h))
    return x


@MODELS.register_module()
class PoseFlow(BaseModel):
    """Flow matching on canvas poses.

    Args:
        skeleton (str | dict): See ``get_skeleton``.
        width (int): Hidden width of the velocity field.
        depth (int): Residual layers of the velocity field.
        pose_scale (float): Typical deviation of a canvas coordinate, which
            the flow sees as 1.
        checkpoint (str, optional): Trained weights.
        seed (int): Seed of noise and times.
    """

    def __init__(self,
                 skeleton='body15',
                 width: int = 384,
                 depth: int = 3,
                 pose_scale: float = 0.4,
                 checkpoint: Optional[str] = None,
                 seed: int = 0,
                 data_preprocessor: Optional[dict] = None,
                 init_cfg: Optional[dict] = None):
        super().__init__(data_preprocessor, init_cfg)
        self.dim = 2 * get_skeleton(skeleton).num_joints
        self.field = VelocityField(self.dim, width, depth)
        self.pose_scale, self.seed = pose_scale, seed
        self.register_buffer('iteration', torch.zeros((), dtype=torch.long))
        if checkpoint is not None:
            self.load(checkpoint)

    def load(self, path: str) -> None:
        """Read weights of a run of this model.

        Raises:
            UserError: If they do not fit.
        """
        state = read_checkpoint(path)['state_dict']
        try:
            self.load_state_dict(state)
        except RuntimeError:
            raise UserError(
                path, 'state_dict', sorted(state)[:3],
                'these are not the weights of a PoseFlow of this skeleton, '
                'width and depth') from None

    def train_step(self, data: dict, optim_wrapper) -> Dict[str, Tensor]:
        """One step of flow matching on a batch of poses (K, 2)."""
        data = self.data_preprocessor(data, True)
        poses = torch.stack(list(data['inputs']))
        step, n = int(self.iteration), len(poses)
        noise, time = (
            local_normal(n, (width, ), self.seed, step, part,
                         device=poses.device)
            for part, width in enumerate((self.dim, 1)))
        uniform = torch.special.ndtr(time)
        loss = flow_matching_loss(self.field, noise,
                                  poses.flatten(1) / self.pose_scale, uniform)
        optim_wrapper.update_params(loss)
        self.iteration += 1
        return dict(loss_flow=loss.detach())

    def poses(self, noise: Tensor, steps: int = 8) -> Tensor:
        """Canvas poses (N, K, 2) of noise (N, 2K)."""
        x = integrate(self.field, noise, steps) * self.pose_scale
        return x.reshape(len(noise), -1, 2)

    def forward(self, inputs, data_samples=None, mode: str = 'tensor'):
        """Canvas poses (N, K, 2) of noise (N, 2K)."""
        return self.poses(inputs)
