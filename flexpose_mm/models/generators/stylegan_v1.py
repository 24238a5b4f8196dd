"""StyleGAN v1 generator (Karras et al. 2019) in mmgeneration's format.

Argument names, state-dict keys and numbers follow mmgeneration and mmagic
(fact sheet, sections 1.2 to 1.5), so that their checkpoints load. What is
new: ``channels`` for small networks, and ``tau_layers``.
"""
import random
from typing import Callable, Dict, List, Optional, Sequence, Union

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor
from torch.autograd.function import once_differentiable

from flexpose_mm.errors import UserError
from .equalized import Blur, ConvLayer, EqualizedLinear, LinearLayer
from .style_transfer_map import StyleTransferMap, resolve_layers

#: Channels by resolution; the table of all StyleGAN v1 implementations.
CHANNELS = {
    4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32,
    1024: 16
}  # yapf: disable


def check_size(where: str, field: str, size: int,
               channels: Optional[Dict[int, int]]) -> Dict[int, int]:
    """Check an image size and complete the table of channels for it.

    Returns:
        dict[int, int]: Channels for each resolution from 4 to ``size``.
    """
    if not isinstance(size, int) or size < 8 or size & (size - 1):
        raise UserError(where, field, size,
                        'the image side is a power of two from 8 to 1024')
    table = CHANNELS if channels is None else {
        int(k): v
        for k, v in channels.items()
    }
    scales = [2**i for i in range(2, size.bit_length())]
    missing = [s for s in scales if s not in table]
    if missing:
        raise UserError(where, 'channels', channels,
                        f'no number of channels is given for {missing} px')
    return {s: table[s] for s in scales}


class PixelNorm(nn.Module):
    """x / rms(x) over dimension 1, eps 1e-6 as in mmgeneration."""

    def forward(self, x: Tensor) -> Tensor:
        return x / (x.square().mean(1, keepdim=True).sqrt() + 1e-6)


class ConstantInput(nn.Module):
    """The learned 4x4 constant."""

    def __init__(self, channels: int, size: int = 4):
        super().__init__()
        self.input = nn.Parameter(torch.randn(1, channels, size, size))

    def forward(self, batch_size: int) -> Tensor:
        return self.input.expand(batch_size, -1, -1, -1)


class NoiseInjection(nn.Module):
    """Adds noise times one learned scalar (mmgeneration), initially 0."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, noise: Optional[Tensor]) -> Tensor:
        if noise is None:
            noise = torch.randn(
                x.shape[0], 1, *x.shape[2:], dtype=x.dtype, device=x.device)
        return x + (self.weight * noise).to(x.dtype)


class _AdaIN(torch.autograd.Function):
    """AdaIN in few sweeps over the features, which is what it costs.

    On a CPU ``var_mean`` and, of bfloat16, ``mean`` take ten times as long as
    ``sum``, and autograd through them another ten sweeps. The features are
    centred first, so that sums rounded to bfloat16 lose nothing that
    matters: the mean ``rest`` that the rounding leaves is put right. Once
    differentiable.
    """

    @staticmethod
    def forward(ctx, x, style, eps):
        n = x.shape[2] * x.shape[3]
        x = x - x.sum((2, 3), keepdim=True) / n
        rest = x.sum((2, 3)).float() / n
        var = x.square().sum((2, 3)).float() / n - rest.square()
        gamma, beta = style.float().chunk(2, 1)
        rstd = torch.rsqrt(var.clamp_(min=0) + eps)
        scale = gamma * rstd
        ctx.save_for_backward(x, rest, rstd, scale)
        ctx.dtype = style.dtype
        return _affine(x, scale, beta - rest * scale)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        x, rest, rstd, scale = ctx.saved_tensors
        n = x.shape[2] * x.shape[3]
        d_beta = grad.sum((2, 3)).float()
        d_gamma = rstd * ((grad * x).sum((2, 3)).float() - rest * d_beta)
        slope = -scale * rstd * d_gamma / n
        offset = -scale * d_beta / n - slope * rest
        d_x = torch.addcmul(
            _affine(x, slope, offset), grad,
            scale.to(x.dtype)[..., None, None])
        d_style = torch.cat([d_gamma, d_beta], 1).to(ctx.dtype)
        return d_x, d_style, None


def _affine(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """scale * x + shift for each channel, in the dtype of x."""
    return torch.addcmul(
        shift.to(x.dtype)[..., None, None], x,
        scale.to(x.dtype)[..., None, None])


def adaptive_instance_norm(x: Tensor, style: Tensor,
                           eps: float = 1e-5) -> Tensor:
    """gamma * instance_norm(x) + beta (Huang and Belongie 2017).

    Args:
        x (Tensor): Features (N, C, H, W).
        style (Tensor): (N, 2C): gamma, then beta.

    Returns:
        Tensor: (N, C, H, W) in the dtype of ``x``.
    """
    return _AdaIN.apply(x, style, eps)


class AdaptiveInstanceNorm(nn.Module):
    """AdaIN with its affine A_l: w -> style code s_l = (gamma, beta)."""

    def __init__(self, channels: int, style_channels: int):
        super().__init__()
        self.affine = EqualizedLinear(style_channels, 2 * channels)
        with torch.no_grad():
            self.affine.bias[:channels] = 1

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return adaptive_instance_norm(x, style)


class StyleConv(nn.Module):
    """Two AdaIN layers of one resolution.

    Args:
        in_channels (int): Channels of the coarser resolution.
        out_channels (int): Channels here.
        style_channels (int): Width of w.
        initial (bool): Whether it starts from the learned constant.
    """

    def __init__(self, in_channels: int, out_channels: int,
                 style_channels: int, initial: bool):
        super().__init__()
        self.initial = initial
        if initial:
            self.conv1 = ConstantInput(out_channels)
        else:
            # mmgeneration's order: up, conv, LeakyReLU, blur; the noise and
            # a second LeakyReLU follow in `features`.
            self.conv1 = nn.Sequential(
                ConvLayer(in_channels, out_channels, 3, 1, True, True), Blur())
        self.noise_injector1 = NoiseInjection()
        self.adain1 = AdaptiveInstanceNorm(out_channels, style_channels)
        self.conv2 = ConvLayer(out_channels, out_channels, 3, 1)
        self.noise_injector2 = NoiseInjection()
        self.adain2 = AdaptiveInstanceNorm(out_channels, style_channels)

    def forward(self, x: Optional[Tensor], styles: Sequence[Tensor],
                noises: Sequence[Optional[Tensor]]) -> Tensor:
        x = self.conv1(len(styles[0]) if self.initial else x)
        x = F.leaky_relu(self.noise_injector1(x, noises[0]), 0.2)
        x = self.adain1(x, styles[0])
        x = self.conv2(x)
        x = F.leaky_relu(self.noise_injector2(x, noises[1]), 0.2)
        return self.adain2(x, styles[1])


@MODELS.register_module()
class StyleGANv1Generator(BaseModule):
    """Style-based generator, optionally with tau on its style codes.

    Args:
        out_size (int): Image side R, a power of two.
        style_channels (int): Width of z and w.
        num_mlps (int): Layers of the mapping network f.
        blur_kernel (Sequence[int]): Kept for mmgeneration's signature; only
            its value (1, 2, 1) exists in StyleGAN v1.
        lr_mlp (float): Learning-rate multiplier of f.
        default_style_mode (str): ``'mix'`` or ``'single'`` in training, when
            codes are drawn inside.
        eval_style_mode (str): The same after ``.eval()``.
        mix_prob (float): Probability of style mixing.
        channels (dict[int, int], optional): Channels by resolution; None is
            the standard table (512 up to 32 px, then halved).
        tau_layers (Sequence[int] | 'all'): 1-based AdaIN layers with a
            trained block U_l between affine output and AdaIN (eq. 4, 6).

    Shape:
        z (N, style_channels) -> image (N, 3, R, R), about [-1, 1]
    """

    def __init__(self,
                 out_size: int,
                 style_channels: int = 512,
                 num_mlps: int = 8,
                 blur_kernel: Sequence[int] = (1, 2, 1),
                 lr_mlp: float = 0.01,
                 default_style_mode: str = 'mix',
                 eval_style_mode: str = 'single',
                 mix_prob: float = 0.9,
                 channels: Optional[Dict[int, int]] = None,
                 tau_layers: Union[str, Sequence[int]] = (),
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        table = check_size('StyleGANv1Generator', 'out_size', out_size,
                           channels)
        if list(blur_kernel) != [1, 2, 1]:
            raise UserError('StyleGANv1Generator', 'blur_kernel', blur_kernel,
                            'StyleGAN v1 has the kernel (1, 2, 1) only')
        self.out_size, self.style_channels = out_size, style_channels
        self.default_style_mode = self._train_style_mode = default_style_mode
        self.eval_style_mode, self.mix_prob = eval_style_mode, mix_prob
        self.log_size = out_size.bit_length() - 1
        self.num_latents = 2 * self.log_size - 2
        self.style_mapping = nn.Sequential(PixelNorm(), *[
            LinearLayer(style_channels, style_channels, lr_mlp, True)
            for _ in range(num_mlps)
        ])
        widths = list(table.values())
        self.convs = nn.ModuleList(
            StyleConv(widths[max(b - 1, 0)], c, style_channels, b == 0)
            for b, c in enumerate(widths))
        self.to_rgbs = nn.ModuleList(ConvLayer(c, 3, 1) for c in widths)
        for i in range(self.num_latents):
            side = 2**((i + 4) // 2)
            self.register_buffer(f'injected_noise_{i}',
                                 torch.randn(1, 1, side, side))
        layers = resolve_layers(tau_layers, self.num_latents,
                                'StyleGANv1Generator')
        self.tau = StyleTransferMap(
            {layer: self.style_width(layer)
             for layer in layers})

    # -- styles -----------------------------------------------------------
    def adain(self, layer: int) -> AdaptiveInstanceNorm:
        """AdaptiveInstanceNorm: The module of 1-based layer l."""
        block = self.convs[(layer - 1) // 2]
        return block.adain1 if layer % 2 else block.adain2

    def style_width(self, layer: int) -> int:
        """int: 2 C_l, the width of layer l's style code."""
        return self.adain(layer).affine.weight_orig.shape[0]

    def style_codes(self, latent: Tensor, num_layers: int) -> List[Tensor]:
        """s_l = U_l A_l(w_l) for the first layers.

        Args:
            latent (Tensor): w for each layer, (N, L, style_channels).
            num_layers (int): How many layers are needed.

        Returns:
            list[Tensor]: (N, 2 C_l) for l = 1..num_layers.
        """
        return [
            self.tau(layer,
                     self.adain(layer).affine(latent[:, layer - 1]))
            for layer in range(1, num_layers + 1)
        ]

    def train(self, mode: bool = True):
        """Mixing is a habit of training; ``.eval()`` turns it off."""
        self.default_style_mode = (
            self._train_style_mode if mode else self.eval_style_mode)
        return super().train(mode)

    def draw_codes(self, num_batches: int, sampler: Callable) -> List[Tensor]:
        """One z per image, or two when style mixing strikes."""
        mixes = (
            self.default_style_mode == 'mix'
            and random.random() < self.mix_prob)
        device = self.to_rgbs[0].conv.bias.device
        shape = (num_batches, self.style_channels)
        return [sampler(shape).to(device) for _ in range(1 + mixes)]

    @torch.no_grad()
    def get_mean_latent(self, num_samples: int = 4096) -> Tensor:
        """Tensor: Mean w of ``num_samples`` codes, (1, style_channels)."""
        device = self.to_rgbs[0].conv.bias.device
        z = torch.randn(num_samples, self.style_channels, device=device)
        return self.style_mapping(z).mean(0, keepdim=True)

    def make_injected_noise(self) -> List[Tensor]:
        """list[Tensor]: Fresh noise (1, 1, r, r) for each layer."""
        return [torch.randn_like(n) for n in self.buffered_noise()]

    def buffered_noise(self) -> List[Tensor]:
        """list[Tensor]: The stored noise (1, 1, r, r) of each layer."""
        return [
            getattr(self, f'injected_noise_{i}')
            for i in range(self.num_latents)
        ]

    # -- forward ----------------------------------------------------------
    def forward(self,
                styles=None,
                num_batches: int = -1,
                return_noise: bool = False,
                return_latents: bool = False,
                inject_index: Optional[int] = None,
                truncation: float = 1,
                truncation_latent: Optional[Tensor] = None,
                input_is_latent: bool = False,
                injected_noise: Optional[Sequence[Tensor]] = None,
                randomize_noise: bool = True,
                transition_weight: float = 1.,
                curr_scale: int = -1):
        """Generate images; every argument as in mmgeneration.

        Args:
            styles (Tensor | list[Tensor] | Callable | None): z (N, C), or w
                with ``input_is_latent`` ((N, C) or (N, L, C)); a list of two
                mixes them at ``inject_index``; a callable draws z from a
                shape; None draws z ~ N(0, I).
            num_batches (int): Batch size when codes are drawn inside.
            truncation (float): psi; w is pulled to its mean below 1.
            injected_noise (Sequence[Tensor], optional): (1 or N, 1, r, r) for
                each layer.
            randomize_noise (bool): False uses the stored noise.
            transition_weight (float): Fade-in weight of the current scale.
            curr_scale (int): Current scale in px; -1 is ``out_size``.

        Returns:
            Tensor | dict: Images (N, 3, S, S), or, with ``return_*``, a dict
            of fake_img, latent, inject_index and noise_batch.
        """
        if styles is None or callable(styles):
            styles = self.draw_codes(num_batches, styles or torch.randn)
        styles = [styles] if isinstance(styles, Tensor) else list(styles)
        noise_batch = None if input_is_latent else styles
        if not input_is_latent:
            styles = [self.style_mapping(z) for z in styles]
        if truncation < 1:
            if truncation_latent is None:
                truncation_latent = self.get_mean_latent()
            styles = [
                torch.lerp(truncation_latent.expand_as(w), w, truncation)
                for w in styles
            ]
        if len(styles) > 1 and inject_index is None:
            inject_index = random.randint(1, self.num_latents - 1)
        latent, inject_index = self.broadcast(styles, inject_index)
        if injected_noise is None:
            injected_noise = [None] * self.num_latents if randomize_noise \
                else self.buffered_noise()
        img = self.synthesis(latent, injected_noise, transition_weight,
                             curr_scale)
        if return_latents or return_noise:
            return dict(
                fake_img=img,
                latent=latent,
                inject_index=inject_index,
                noise_batch=noise_batch)
        return img

    def broadcast(self, styles: List[Tensor], inject_index: Optional[int]):
        """One w per layer, (N, L, C), switching at ``inject_index``."""
        total = self.num_latents
        if len(styles) == 1:
            w = styles[0]
            return (w if w.ndim == 3 else w[:, None].expand(-1, total, -1),
                    total)
        first, second = styles
        return torch.cat([
            first[:, None].expand(-1, inject_index, -1),
            second[:, None].expand(-1, total - inject_index, -1)
        ], 1), inject_index

    def synthesis(self,
                  latent: Tensor,
                  noises: Sequence[Optional[Tensor]],
                  transition_weight: float = 1.,
                  curr_scale: int = -1) -> Tensor:
        """phi(tau(A(w))): images (N, 3, S, S) from w (N, L, C)."""
        last = len(self.convs) - 1 if curr_scale < 0 else \
            curr_scale.bit_length() - 3
        codes = self.style_codes(latent, 2 * last + 2)
        x = before = None
        for b in range(last + 1):
            before = x
            pair = slice(2 * b, 2 * b + 2)
            x = self.convs[b](x, codes[pair], noises[pair])
        img = self.to_rgbs[last](x)
        if last > 0 and transition_weight < 1:
            coarse = F.interpolate(
                self.to_rgbs[last - 1](before),
                scale_factor=2,
                mode='nearest')
            img = (1 - transition_weight) * coarse + transition_weight * img
        return img

    @torch.no_grad()
    def merge_tau(self) -> 'StyleGANv1Generator':
        """Fold tau into the affines (W <- U W, b <- U b) and drop it.

        Returns:
            StyleGANv1Generator: self, now a plain mmgeneration checkpoint.

        Raises:
            UserError: A block is not linear.
        """
        for key, block in self.tau.blocks.items():
            affine = self.adain(int(key)).affine
            weight, bias = block.fold(affine.weight_orig, affine.bias)
            affine.weight_orig.copy_(weight)
            affine.bias.copy_(bias)
        self.tau = StyleTransferMap({})
        return self
