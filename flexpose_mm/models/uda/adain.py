"""Style transfer by adaptive instance normalization."""
from typing import Optional

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import read_checkpoint
from flexpose_mm.errors import UserError

#: VGG-19 up to relu4_1: channels of its 3x3 convolutions, 'M' = max pooling.
ENCODER = (64, 64, 'M', 128, 128, 'M', 256, 256, 256, 256, 'M', 512)
#: Its mirror image; 'U' = nearest upsampling by 2.
DECODER = (256, 'U', 256, 256, 256, 128, 'U', 128, 64, 'U', 64, 3)


def adain(content: Tensor, style: Tensor, eps: float = 1e-5) -> Tensor:
    """Channel means and deviations of ``style`` for those of ``content``.

    Huang and Belongie, "Arbitrary Style Transfer in Real-time with Adaptive
    Instance Normalization" (ICCV 2017), eq. 8.

    Args:
        content (Tensor): (B, C, h, w).
        style (Tensor): (B, C, h', w').
        eps (float): Added to variances.

    Returns:
        Tensor: (B, C, h, w).
    """

    def moments(x):
        flat = x.flatten(2)
        return (flat.mean(2)[..., None, None],
                (flat.var(2) + eps).sqrt()[..., None, None])

    mean, deviation = moments(content)
    new_mean, new_deviation = moments(style)
    return (content - mean) / deviation * new_deviation + new_mean


def _encoder() -> nn.Sequential:
    layers, width = [], 3
    for entry in ENCODER:
        if entry == 'M':
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            continue
        layers += [nn.Conv2d(width, entry, 3, padding=1,
                             padding_mode='reflect'), nn.ReLU()]
        width = entry
    return nn.Sequential(*layers)


def _decoder() -> nn.Sequential:
    layers, width = [], 512
    for entry in DECODER:
        if entry == 'U':
            layers.append(nn.Upsample(scale_factor=2))
            continue
        layers += [nn.Conv2d(width, entry, 3, padding=1,
                             padding_mode='reflect'), nn.ReLU()]
        width = entry
    return nn.Sequential(*layers[:-1])  # colours are not cut off at 0


@MODELS.register_module()
class AdaINStyle(BaseModule):
    """Gives images the style of others (UDAPE's style transfer).

    Args:
        weights (str, optional): File with ``encoder`` (VGG-19 up to
            relu4_1) and ``decoder``, keys as of this module. None matches
            the channels of the images themselves: their colours, not their
            textures; it needs no file.

    Raises:
        UserError: A file that does not fit.
    """

    def __init__(self, weights: Optional[str] = None,
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        self.encoder = self.decoder = None
        if weights is not None:
            self.encoder, self.decoder = _encoder(), _decoder()
            state = read_checkpoint(weights)['state_dict']
            try:
                self.load_state_dict(state)
            except RuntimeError:
                raise UserError(
                    weights, 'state_dict', sorted(state)[:3],
                    'not the encoder and decoder of AdaINStyle; leave '
                    'weights out to match colours only') from None
        self.requires_grad_(False)

    def init_weights(self) -> None:
        """Keep what was loaded."""

    @torch.no_grad()
    def forward(self, content: Tensor, style: Tensor,
                alpha: float) -> Tensor:
        """alpha of the style, 1 - alpha of the content.

        Args:
            content, style (Tensor): (B, 3, S, S), normalized.
            alpha (float): 0 to 1.

        Returns:
            Tensor: (B, 3, S, S) within the range of ``style`` and
            ``content`` together.
        """
        if self.encoder is None:
            mixed = torch.lerp(content, adain(content, style), alpha)
        else:
            features = self.encoder(content)
            styled = adain(features, self.encoder(style))
            mixed = self.decoder(torch.lerp(features, styled, alpha))
            mixed = mixed[..., :content.shape[-2], :content.shape[-1]]
        low, high = (torch.minimum(content.amin((0, 2, 3)),
                                   style.amin((0, 2, 3))),
                     torch.maximum(content.amax((0, 2, 3)),
                                   style.amax((0, 2, 3))))
        return mixed.clamp(low[:, None, None], high[:, None, None])
