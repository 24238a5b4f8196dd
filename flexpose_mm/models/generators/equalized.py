"""Equalized learning rate layers with mmgeneration's state-dict keys.

A weight is stored as ``weight_orig`` ~ N(0, 1) and scaled at run time by
``gain / sqrt(fan_in) * lr_mul`` (Karras et al. 2018), so that every layer
learns at the same speed under Adam. The scaled weight is never kept as an
attribute: modules stay deep-copyable after a forward pass with gradients.
"""
import math
from typing import Optional

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class EqualizedLinear(nn.Module):
    """Linear layer with equalized learning rate.

    Args:
        in_features (int): Input width.
        out_features (int): Output width.
        bias (bool): Whether it owns a bias (initialised to 0).
        gain (float): Gain of the nonlinearity.
        lr_mul (float): Learning-rate multiplier of the weight.

    Shape:
        (N, in_features) -> (N, out_features)
    """

    def __init__(self,
                 in_features: int,
                 out_features: int,
                 bias: bool = True,
                 gain: float = math.sqrt(2),
                 lr_mul: float = 1.):
        super().__init__()
        self.weight_orig = nn.Parameter(
            torch.randn(out_features, in_features) / lr_mul)
        self.bias: Optional[nn.Parameter] = nn.Parameter(
            torch.zeros(out_features)) if bias else None
        self.scale = gain / math.sqrt(in_features) * lr_mul

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight_orig * self.scale, self.bias)


class EqualizedConv2d(nn.Module):
    """Convolution with equalized learning rate.

    Args:
        in_channels (int): Input channels.
        out_channels (int): Output channels.
        kernel_size (int): Side of the kernel.
        padding (int): Zero padding.
        pool (bool): Fuse a following 2x2 average pooling into the kernel:
            padded by one and its four one-pixel shifts averaged, stride 2.

    Shape:
        (N, in_channels, H, W) -> (N, out_channels, H', W')
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 kernel_size: int,
                 padding: int = 0,
                 pool: bool = False):
        super().__init__()
        self.weight_orig = nn.Parameter(
            torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.scale = math.sqrt(2 / (in_channels * kernel_size**2))
        self.padding, self.pool = padding, pool

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight_orig * self.scale
        if self.pool:
            weight = F.avg_pool2d(F.pad(weight, (1, 1, 1, 1)), 2, stride=1)
        return F.conv2d(
            x,
            weight,
            self.bias,
            stride=2 if self.pool else 1,
            padding=self.padding)


class ConvLayer(nn.Module):
    """``EqualizedConv2d`` under the key ``conv``, with optional LeakyReLU.

    Args:
        activate (bool): Whether LeakyReLU(0.2) follows.
        upsample (bool): Whether nearest x2 upsampling comes first.
        **kwargs: See :class:`EqualizedConv2d`.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 kernel_size: int,
                 padding: int = 0,
                 activate: bool = False,
                 upsample: bool = False,
                 pool: bool = False):
        super().__init__()
        self.conv = EqualizedConv2d(in_channels, out_channels, kernel_size,
                                    padding, pool)
        self.activate, self.upsample = activate, upsample

    def forward(self, x: Tensor) -> Tensor:
        if self.upsample:
            x = F.interpolate(x, scale_factor=2, mode='nearest')
        x = self.conv(x)
        return F.leaky_relu(x, 0.2) if self.activate else x


class LinearLayer(nn.Module):
    """Linear layer whose bias stands on the wrapper, as in mmgeneration.

    Args:
        in_features (int): Input width.
        out_features (int): Output width.
        lr_mul (float): Learning-rate multiplier of weight and bias.
        activate (bool): Whether LeakyReLU(0.2) follows.
    """

    def __init__(self,
                 in_features: int,
                 out_features: int,
                 lr_mul: float = 1.,
                 activate: bool = False):
        super().__init__()
        self.linear = EqualizedLinear(
            in_features, out_features, bias=False, gain=1., lr_mul=lr_mul)
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.lr_mul, self.activate = lr_mul, activate

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x) + self.bias * self.lr_mul
        return F.leaky_relu(x, 0.2) if self.activate else x


class Blur(nn.Module):
    """Low-pass [1, 2, 1] filter as a depth-wise convolution.

    Equal to mmcv's ``upfirdn2d`` with up = down = 1, without a compiled op
    and with double backward, which R1 needs.
    """

    def __init__(self, kernel=(1, 2, 1)):
        super().__init__()
        k = torch.tensor(kernel, dtype=torch.float32)
        k = k[None] * k[:, None]
        self.register_buffer('kernel', k / k.sum())

    def forward(self, x: Tensor) -> Tensor:
        c = x.shape[1]
        weight = self.kernel.to(x.dtype)[None, None].expand(c, 1, -1, -1)
        return F.conv2d(x, weight, padding=1, groups=c)
