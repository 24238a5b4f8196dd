"""VideoPose3D (Pavllo et al., CVPR 2019) as a denoiser."""
from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from .denoiser import Denoiser, time_mlp


@MODELS.register_module()
class VideoPoseDenoiser(Denoiser):
    """Dilated temporal convolutions over 2D keypoints and noisy poses.

    The paper reports this denoiser and does not describe it. Here each joint
    gives [u, v, x, y, z], clips are padded by their edge frames, and the
    time step, as sinusoid and MLP, is added after the first layer. The other
    keys of the state dict are VideoPose3D's.

    Args:
        num_frames (int): F; the weights do not depend on it.
        num_joints (int): J.
        channels (int): Width of the layers.
        filter_widths (Sequence[int]): Odd; their product is the receptive
            field, 27 or 243 as published.
        dropout (float): After every activation.
        time_dims (int): Width of the sinusoid.

    Raises:
        UserError: Arguments that make no network.
    """

    def __init__(self,
                 num_frames: int = 27,
                 num_joints: int = 17,
                 channels: int = 1024,
                 filter_widths: Sequence[int] = (3, 3, 3),
                 dropout: float = .25,
                 time_dims: int = 512,
                 init_cfg: Optional[dict] = None):
        super().__init__(num_frames, num_joints, init_cfg)
        if len(filter_widths) < 1 or any(w < 1 or w % 2 == 0
                                         for w in filter_widths):
            raise UserError('VideoPoseDenoiser', 'filter_widths',
                            tuple(filter_widths), 'give odd numbers')
        if time_dims < 4 or time_dims % 2:
            raise UserError('VideoPoseDenoiser', 'time_dims', time_dims,
                            'give an even number of at least 4')
        self.expand_conv = nn.Conv1d(
            5 * num_joints, channels, filter_widths[0], bias=False)
        self.expand_bn = nn.BatchNorm1d(channels)
        self.time_mlp = time_mlp(time_dims, channels)
        convs, dilation = [], filter_widths[0]
        for width in filter_widths[1:]:
            convs += [
                nn.Conv1d(
                    channels, channels, width, dilation=dilation, bias=False),
                nn.Conv1d(channels, channels, 1, bias=False)
            ]
            dilation *= width
        self.layers_conv = nn.ModuleList(convs)
        self.layers_bn = nn.ModuleList(
            nn.BatchNorm1d(channels) for _ in convs)
        self.shrink = nn.Conv1d(channels, 3 * num_joints, 1)
        self.dropout = nn.Dropout(dropout)
        self.receptive_field = dilation

    def lora_targets(self) -> Tuple[str, ...]:
        """Names of the layers that LoRA adapts: all but first and last."""
        return tuple(f'layers_conv.{i}' for i in range(len(self.layers_conv)))

    def activate(self, x: Tensor, norm: nn.Module) -> Tensor:
        """Batch norm, ReLU, dropout."""
        return self.dropout(F.relu(norm(x)))

    def denoise(self, keypoints: Tensor, poses: Tensor, t: Tensor) -> Tensor:
        seen = keypoints[:, None].expand(*poses.shape[:-1], 2)
        x = torch.cat([seen, poses], -1).flatten(0, 1).flatten(2)
        margin = (self.receptive_field - 1) // 2
        x = F.pad(x.transpose(1, 2), (margin, margin), mode='replicate')
        time = self.time_mlp(t).repeat_interleave(poses.shape[1], 0)
        x = self.activate(self.expand_conv(x), self.expand_bn)
        x = x + time[..., None]
        for i in range(0, len(self.layers_conv), 2):
            wide, narrow = self.layers_conv[i:i + 2]
            y = self.activate(wide(x), self.layers_bn[i])
            y = self.activate(narrow(y), self.layers_bn[i + 1])
            lost = (x.shape[-1] - y.shape[-1]) // 2
            x = x[..., lost:x.shape[-1] - lost] + y
        return self.shrink(x).transpose(1, 2)
