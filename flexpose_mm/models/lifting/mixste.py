"""MixSTE (Zhang et al., CVPR 2022) as the denoiser of D3DP."""
from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from .denoiser import Denoiser, time_mlp

#: Numbers in a layer's activation that are computed at a time on the CPU.
CPU_CHUNK = 2**18


class Attention(nn.Module):
    """Multi-head self-attention with one fused q, k, v layer."""

    def __init__(self, dims: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(dims, 3 * dims)
        self.proj = nn.Linear(dims, dims)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, D) to the same."""
        n, length, dims = x.shape
        qkv = self.qkv(x).view(n, length, 3, self.num_heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(n, length, dims))


class Mlp(nn.Module):
    """Two linear layers with exact GELU between."""

    def __init__(self, dims: int, hidden: int):
        super().__init__()
        self.fc1 = nn.Linear(dims, hidden)
        self.fc2 = nn.Linear(hidden, dims)

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) to the same."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Pre-norm transformer block with stochastic depth.

    Args:
        dims (int): D.
        num_heads (int): Heads of D / num_heads channels.
        hidden (int): Width of the MLP.
        drop_path (float): Chance that a sequence skips a branch.
    """

    def __init__(self, dims: int, num_heads: int, hidden: int,
                 drop_path: float):
        super().__init__()
        self.norm1 = nn.LayerNorm(dims, eps=1e-6)
        self.attn = Attention(dims, num_heads)
        self.norm2 = nn.LayerNorm(dims, eps=1e-6)
        self.mlp = Mlp(dims, hidden)
        self.drop_path = drop_path

    def drop(self, branch: Tensor) -> Tensor:
        """The branch, zero for some sequences, the others scaled up."""
        if not self.training or not self.drop_path:
            return branch
        kept = 1 - self.drop_path
        mask = branch.new_empty(len(branch), 1, 1).bernoulli_(kept)
        return branch * (mask / kept)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, D) to the same."""
        x = x + self.drop(self.attn(self.norm1(x)))
        return x + self.drop(self.mlp(self.norm2(x)))


@MODELS.register_module()
class MixSTE(Denoiser):
    """Alternating spatial and temporal transformer blocks.

    Defaults are those of D3DP, and so are the keys of the state dict.

    Args:
        num_frames (int): F, the length of a clip.
        num_joints (int): J.
        embed_dims (int): D; Table 8 of PoSynDA varies it.
        depth (int): Number of spatial blocks, and of temporal ones.
        num_heads (int): Heads of the attention.
        mlp_ratio (float): Width of the MLP over D.
        drop_path_rate (float): Of the last blocks; linear from 0.

    Raises:
        UserError: Arguments that make no network.
    """

    def __init__(self,
                 num_frames: int = 243,
                 num_joints: int = 17,
                 embed_dims: int = 512,
                 depth: int = 8,
                 num_heads: int = 8,
                 mlp_ratio: float = 2.,
                 drop_path_rate: float = .1,
                 init_cfg: Optional[dict] = None):
        super().__init__(num_frames, num_joints, init_cfg)
        for name, value in (('num_frames', num_frames), ('depth', depth),
                            ('num_joints', num_joints),
                            ('num_heads', num_heads),
                            ('embed_dims', embed_dims)):
            if not isinstance(value, int) or value < 1:
                raise UserError('MixSTE', name, value,
                                'give a whole number of at least 1')
        if embed_dims % num_heads or embed_dims % 2 or embed_dims < 4:
            raise UserError(
                'MixSTE', 'embed_dims', embed_dims,
                f'give an even multiple of num_heads={num_heads}, at least 4')
        if not 0 <= drop_path_rate < 1:
            raise UserError('MixSTE', 'drop_path_rate', drop_path_rate,
                            'give a number from 0 to below 1')
        self.depth = depth
        self.Spatial_patch_to_embedding = nn.Linear(5, embed_dims)
        self.Spatial_pos_embed = nn.Parameter(
            torch.zeros(1, num_joints, embed_dims))
        self.Temporal_pos_embed = nn.Parameter(
            torch.zeros(1, num_frames, embed_dims))
        self.time_mlp = time_mlp(embed_dims, embed_dims)
        rates = [drop_path_rate * i / max(depth - 1, 1) for i in range(depth)]
        for name in ('STEblocks', 'TTEblocks'):
            blocks = (
                Block(embed_dims, num_heads, int(mlp_ratio * embed_dims), rate)
                for rate in rates)
            setattr(self, name, nn.ModuleList(blocks))
        self.Spatial_norm = nn.LayerNorm(embed_dims, eps=1e-6)
        self.Temporal_norm = nn.LayerNorm(embed_dims, eps=1e-6)
        self.head = nn.Sequential(
            nn.LayerNorm(embed_dims), nn.Linear(embed_dims, 3))

    def lora_targets(self) -> Tuple[str, ...]:
        """Names of the layers that LoRA adapts: qkv and proj of all blocks."""
        return tuple(f'{kind}.{i}.attn.{layer}' for i in range(self.depth)
                     for kind in ('STEblocks', 'TTEblocks')
                     for layer in ('qkv', 'proj'))

    def embed(self, keypoints: Tensor, poses: Tensor, t: Tensor) -> Tensor:
        """Tokens (B, H, F, J, D).

        The layer sees 2D and 3D side by side; its two halves are applied
        apart, so that the 2D half is computed once for all hypotheses.
        """
        layer = self.Spatial_patch_to_embedding
        seen = F.linear(keypoints, layer.weight[:, :2], layer.bias)
        time = self.time_mlp(t)[:, None, None, None]
        context = (seen + self.Spatial_pos_embed)[:, None] + time
        return F.linear(poses, layer.weight[:, 2:]) + context

    def denoise(self, keypoints: Tensor, poses: Tensor, t: Tensor) -> Tensor:
        x = self.embed(keypoints, poses, t)
        return torch.cat(
            [self.decode(part) for part in self.chunks(x.flatten(0, 1))])

    @staticmethod
    def chunks(x: Tensor) -> Sequence[Tensor]:
        """Clips (N, F, J, D) in groups that the CPU's caches can hold.

        A GPU takes all at once.
        """
        if x.device.type != 'cpu':
            return (x, )
        return x.split(max(1, CPU_CHUNK // x[0].numel()))

    def decode(self, x: Tensor) -> Tensor:
        """Tokens (N, F, J, D) to poses (N, F, J, 3)."""
        clips, frames, joints, dims = x.shape
        x = x.reshape(-1, joints, dims)
        for i, (spatial, temporal) in enumerate(
                zip(self.STEblocks, self.TTEblocks)):
            x = self.Spatial_norm(spatial(x))
            x = x.view(clips, frames, joints, dims).transpose(1, 2)
            x = x.reshape(-1, frames, dims)
            if i == 0:
                x = x + self.Temporal_pos_embed
            x = self.Temporal_norm(temporal(x))
            x = x.view(clips, joints, frames, dims).transpose(1, 2)
            x = x.reshape(-1, joints, dims)
        return self.head(x).view(clips, frames, joints, 3)
