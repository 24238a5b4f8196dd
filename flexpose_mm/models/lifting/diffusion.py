"""Gaussian diffusion of root-relative 3D poses, given 2D keypoints.

Poses are metres in camera axes, keypoints normalised (see ``camera``). The
schedule is float64; what meets the network is float32.
"""
import math
from typing import Dict, List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError

#: Human3.6M-17: each joint's counterpart in a mirror.
H36M_FLIP = (0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13)


def cosine_betas(timesteps: int, offset: float = .008) -> Tensor:
    """beta_t of the cosine schedule (Nichol and Dhariwal, 2021).

    Returns:
        Tensor: (T,) float64 in [0, 0.999].
    """
    x = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64)
    signal = torch.cos((x / timesteps + offset) / (1 + offset) * math.pi *
                       .5)**2
    signal = signal / signal[0]
    return (1 - signal[1:] / signal[:-1]).clamp(0, .999)


def schedule_buffers(betas: Tensor) -> Dict[str, Tensor]:
    """The twelve tables of a D3DP checkpoint, each (T,) float64.

    Sampling by DDIM reads four of them; the others are kept so that files
    pass between D3DP and this model in both directions.
    """
    alphas = 1 - betas
    bar = alphas.cumprod(0)
    before = torch.cat([bar.new_ones(1), bar[:-1]])
    variance = betas * (1 - before) / (1 - bar)
    return dict(
        betas=betas,
        alphas_cumprod=bar,
        alphas_cumprod_prev=before,
        sqrt_alphas_cumprod=bar.sqrt(),
        sqrt_one_minus_alphas_cumprod=(1 - bar).sqrt(),
        log_one_minus_alphas_cumprod=(1 - bar).log(),
        sqrt_recip_alphas_cumprod=(1 / bar).sqrt(),
        sqrt_recipm1_alphas_cumprod=(1 / bar - 1).sqrt(),
        posterior_variance=variance,
        posterior_log_variance_clipped=variance.clamp(min=1e-20).log(),
        posterior_mean_coef1=betas * before.sqrt() / (1 - bar),
        posterior_mean_coef2=(1 - before) * alphas.sqrt() / (1 - bar))


def sampling_times(timesteps: int, steps: int) -> List[Tuple[int, int]]:
    """(t, next t) of each denoising step; the last next is -1.

    Raises:
        UserError: ``steps`` out of range.
    """
    if not isinstance(steps, int) or not 1 <= steps <= timesteps:
        raise UserError('GaussianDiffusion', 'steps', steps,
                        f'give a whole number from 1 to {timesteps}')
    times = torch.linspace(-1, timesteps - 1, steps + 1).int().tolist()[::-1]
    return list(zip(times[:-1], times[1:]))


def flip_pose(points: Tensor, flip_indices: Sequence[int]) -> Tensor:
    """Mirror image of points (..., J, D): x negated, sides exchanged."""
    sign = points.new_ones(points.shape[-1])
    sign[0] = -1
    return points[..., list(flip_indices), :] * sign


class PoseBias(nn.Module):
    """Cross-dataset embedding (PoSynDA, Eq. 11): one vector per joint.

    Args:
        num_joints (int): J; the bias has 3J numbers, metres, zero at first.
    """

    def __init__(self, num_joints: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_joints, 3))

    def forward(self, poses: Tensor) -> Tensor:
        """(..., J, 3) metres moved by the bias."""
        return poses + self.weight


@MODELS.register_module()
class GaussianDiffusion(BaseModule):
    """Diffusion whose network predicts the pose itself (D3DP).

    The state dict has D3DP's keys: twelve tables and ``pose_estimator.*``.

    Args:
        denoiser (dict): Config of ``MixSTE`` or ``VideoPoseDenoiser``.
        timesteps (int): T.
        scale (float): Signal scale: poses are multiplied by it before noise
            is added.
        clamp (float): Noisy and predicted poses are held within +-clamp
            metres times scale. 1.1 truncates tall or stretched persons of
            other data sets than Human3.6M.
        flip_indices (Sequence[int]): Joints' counterparts in a mirror.
        checkpoint (str, optional): Weights of D3DP, MixSTE or this project.
        temporal (str): What to do with a checkpoint of another number of
            frames: see ``checkpoints.load_lifter``.

    Raises:
        UserError: Arguments out of range, or a checkpoint that does not fit.
    """

    def __init__(self,
                 denoiser: Union[dict, nn.Module],
                 timesteps: int = 1000,
                 scale: float = 1.,
                 clamp: float = 1.1,
                 flip_indices: Sequence[int] = H36M_FLIP,
                 checkpoint: Optional[str] = None,
                 temporal: str = 'strict',
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        if not isinstance(timesteps, int) or timesteps < 1:
            raise UserError('GaussianDiffusion', 'timesteps', timesteps,
                            'give a whole number of at least 1')
        for name, value in (('scale', scale), ('clamp', clamp)):
            if not value > 0:
                raise UserError('GaussianDiffusion', name, value,
                                'give a number above 0')
        self.pose_estimator = MODELS.build(denoiser) if isinstance(
            denoiser, dict) else denoiser
        joints = self.pose_estimator.num_joints
        if sorted(flip_indices) != list(range(joints)):
            raise UserError('GaussianDiffusion', 'flip_indices',
                            tuple(flip_indices),
                            f'give each of 0..{joints - 1} once')
        self.timesteps, self.scale = timesteps, float(scale)
        self.limit = float(clamp) * self.scale
        self.flip_indices = tuple(flip_indices)
        self.output_bias = nn.Identity()
        for name, table in schedule_buffers(cosine_betas(timesteps)).items():
            self.register_buffer(name, table)
        self.has_weights = False
        self.register_load_state_dict_post_hook(_note_weights)
        if checkpoint is not None:
            from .checkpoints import load_lifter
            load_lifter(self, checkpoint, temporal)

    def add_bias(self) -> PoseBias:
        """Give the output a learnable bias; before, there is none."""
        self.output_bias = PoseBias(self.pose_estimator.num_joints)
        return self.output_bias

    def _at(self, table: Tensor, t: Tensor, like: Tensor) -> Tensor:
        """Entries t (B,) of a table, float32, shaped to go with ``like``."""
        return table[t].to(like.dtype).view(-1, *[1] * (like.dim() - 1))

    def diffuse(self, poses: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """q(x_t | x_0), the noisy poses that the network is trained on.

        Args:
            poses (Tensor): (B, ..., J, 3) metres.
            t (Tensor): (B,) int64 in [0, T).
            noise (Tensor): As ``poses``, standard normal.

        Returns:
            Tensor: As ``poses``, in units of ``scale`` metres.
        """
        return (self._at(self.sqrt_alphas_cumprod, t, poses) * self.scale *
                poses +
                self._at(self.sqrt_one_minus_alphas_cumprod, t, poses) * noise)

    def denoise(self, keypoints: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """The network's answer P(x_2D, y_t, t), with the bias.

        Args:
            keypoints (Tensor): (B, F, J, 2) normalised.
            noisy (Tensor): (B, F, J, 3) or (B, H, F, J, 3), unclamped.
            t (Tensor): (B,) int64.

        Returns:
            Tensor: As ``noisy``; metres, not clamped.
        """
        seen = noisy.clamp(-self.limit, self.limit) / self.scale
        return self.output_bias(self.pose_estimator(keypoints, seen, t))

    def denoise_flip(self, keypoints: Tensor, noisy: Tensor,
                     t: Tensor) -> Tensor:
        """Mean of :meth:`denoise` and its mirror image, in one pass."""
        output = self.denoise(
            torch.cat([keypoints,
                       flip_pose(keypoints, self.flip_indices)]),
            torch.cat([noisy, flip_pose(noisy, self.flip_indices)]),
            torch.cat([t, t]))
        straight, mirrored = output.chunk(2)
        return (straight + flip_pose(mirrored, self.flip_indices)) / 2

    def step(self, noisy: Tensor, start: Tensor, now: int, after: int,
             noise: Tensor, eta: float) -> Tensor:
        """DDIM from time ``now`` to ``after``, given x0 = ``start``.

        All tensors have one shape and are in units of ``scale`` metres.
        """
        bar, to = self.alphas_cumprod[now], self.alphas_cumprod[after]
        epsilon = (self.sqrt_recip_alphas_cumprod[now].float() * noisy -
                   start) / self.sqrt_recipm1_alphas_cumprod[now].float()
        sigma = eta * ((1 - bar / to) * (1 - to) / (1 - bar)).sqrt()
        rest = (1 - to - sigma**2).sqrt()
        return to.sqrt().float() * start + rest.float() * epsilon + \
            sigma.float() * noise

    def forward(self,
                keypoints: Tensor,
                noise: Tensor,
                eta: float = 1.,
                flip: bool = False) -> Tensor:
        """Poses from noise by K denoising steps.

        Args:
            keypoints (Tensor): (B, F, J, 2) normalised.
            noise (Tensor): (B, K, H, F, J, 3) standard normal: the first of
                the K is where a hypothesis starts, the others are added
                between steps.
            eta (float): 0 adds no noise between steps, 1 as much as DDPM.
            flip (bool): Average with the mirror image in every step.

        Returns:
            Tensor: (B, K, H, F, J, 3) metres, the prediction of each step;
            the last is the result.
        """
        denoise = self.denoise_flip if flip else self.denoise
        noisy, found = noise[:, 0], []
        times = sampling_times(self.timesteps, noise.shape[1])
        for k, (now, after) in enumerate(times):
            t = torch.full((len(keypoints), ), now, device=keypoints.device)
            start = self.scale * denoise(keypoints, noisy, t)
            start = start.clamp(-self.limit, self.limit)
            found.append(start / self.scale)
            if after >= 0:
                noisy = self.step(noisy, start, now, after, noise[:, k + 1],
                                  eta)
        return torch.stack(found, 1)


def _note_weights(module: GaussianDiffusion, keys) -> None:
    module.has_weights = True
