"""AdaGAN: batch-statistics adaptation (Noguchi and Harada 2019)."""
from typing import Dict, Tuple

import torch
from mmengine.dist import all_gather
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from flexpose_mm.models.generators.style_transfer_map import StyleBlock
from flexpose_mm.models.seeding import seeded_normal
from .style_map import StyleMapAdapter


def earth_mover(codes: Tensor, normals: Tensor) -> Tensor:
    """How far codes are from a sample of N(0, I), in both directions.

    Args:
        codes (Tensor): (n, C).
        normals (Tensor): (m, C).

    Returns:
        Tensor: Scalar, mean over normals of the least squared distance to a
        code plus mean over codes of the least one to a normal.
    """
    cost = (codes.square().sum(1, keepdim=True) + normals.square().sum(1) -
            2 * codes @ normals.t())
    return cost.amin(0).mean() + cost.amin(1).mean()


class ScaleShiftBlock(StyleBlock):
    """One scale and one shift for each channel after AdaIN.

    scale * (gamma x + beta) + shift is AdaIN by the style code
    (scale * gamma, scale * beta + shift), so both act there. Scales of 1 and
    shifts of 0 leave it to the last bit.

    Args:
        width (int): 2 C_l.
    """

    def __init__(self, width: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width // 2))
        self.shift = nn.Parameter(torch.zeros(width // 2))

    def forward(self, style: Tensor) -> Tensor:
        gamma, beta = style.chunk(2, 1)
        return torch.cat([gamma * self.scale, beta * self.scale + self.shift],
                         1)

    def fold(self, weight: Tensor, bias: Tensor) -> Tuple[Tensor, Tensor]:
        scale = self.scale.repeat(2)
        shift = torch.cat([torch.zeros_like(self.shift), self.shift])
        return scale[:, None] * weight, scale * bias + shift

    def distance(self) -> Tensor:
        """Tensor: mean (scale - 1)^2 + mean shift^2."""
        return (self.scale - 1).square().mean() + self.shift.square().mean()


@MODELS.register_module()
class AdaGAN(StyleMapAdapter):
    """Scales, shifts and one code for each target pose learn together.

    Loss: pixel L1 + ``perceptual_weight`` * sum over Gamma's layers of L1 +
    ``emd_weight`` * earth mover's distance of the batch's codes (before
    noise) to ten times as many N(0, I) + ``reg_weight`` * sum over layers of
    the distance of scales from 1 and shifts from 0. The published weights
    are for VGG activations of images in [0, 255].

    Codes start at 0. As StyleGAN's mapping divides a code by its rms, the
    noise alone decides the image until they have moved away.

    Args:
        num_targets (int): Poses of T*, each of which gets a code.
        pairing (str): ``'fixed'``: codes belong to poses.
        perceptual_weight, emd_weight, reg_weight (float): Of the terms.
        code_noise (float): Standard deviation of the noise added to codes at
            every step.
        **kwargs: See ``StyleMapAdapter``; ``anchor_codes`` is not used.
    """

    def __init__(self,
                 *args,
                 num_targets: int = 1000,
                 pairing: str = 'fixed',
                 perceptual_weight: float = 0.001,
                 emd_weight: float = 0.1,
                 reg_weight: float = 0.02,
                 code_noise: float = 0.01,
                 **kwargs):
        if not isinstance(num_targets, int) or num_targets < 1:
            raise UserError('AdaGAN', 'num_targets', num_targets,
                            'give the number of poses of T*')
        if pairing != 'fixed':
            raise UserError('AdaGAN', 'pairing', pairing,
                            "each pose has a code of its own: give 'fixed'")
        for name, value in dict(
                perceptual_weight=perceptual_weight, emd_weight=emd_weight,
                reg_weight=reg_weight, code_noise=code_noise).items():
            if not value >= 0:
                raise UserError('AdaGAN', name, value, 'give 0 or more')
            setattr(self, name, value)
        self.num_targets = num_targets
        super().__init__(*args, pairing=pairing, **kwargs)
        self.notes.update(anchor_codes='learned', num_targets=num_targets)

    def build_block(self, width: int) -> ScaleShiftBlock:
        return ScaleShiftBlock(width)

    def build_trainable(self) -> None:
        super().build_trainable()
        self.target_codes = nn.Parameter(
            torch.zeros(self.num_targets, self.generator.style_channels))

    def make_anchors(self, poses: Tensor) -> Tensor:
        """The learned codes; their number is checked."""
        if len(poses) != self.num_targets:
            raise UserError(
                'AdaGAN', 'num_targets', self.num_targets,
                f'the train dataset has {len(poses)} poses; give '
                f'num_targets={len(poses)}')
        return self.target_codes.detach()

    def training_codes(self, samples) -> Tensor:
        rows = torch.tensor([s.sample_idx for s in samples])
        return self.target_codes[rows] + \
            self.code_noise * self.step_normals(rows)

    def batch_losses(self, images: Tensor, rows: Tensor) -> Dict[str, Tensor]:
        pixel = (images.float() - self.target_images(rows)).abs().mean()
        layers = zip(self.extract(images), self.target_features(rows))
        perceptual = sum((x.float() - y.float()).abs().mean()
                         for x, y in layers)
        return dict(
            loss_pixel=pixel,
            loss_perceptual=self.perceptual_weight * perceptual,
            loss_emd=self.emd_weight * self.code_distance(rows))

    def code_distance(self, rows: Tensor) -> Tensor:
        """EMD of the codes of the batches of all processes."""
        codes = self.target_codes[torch.cat(all_gather(rows))]
        normals = seeded_normal((10 * len(codes), codes.shape[1]), self.seed,
                                5, int(self.iteration))
        return earth_mover(codes, normals.to(codes.device))

    def regularisation(self) -> Dict[str, Tensor]:
        blocks = self.generator.tau.blocks.values()
        return dict(loss_statistics=self.reg_weight *
                    sum(block.distance() for block in blocks))
