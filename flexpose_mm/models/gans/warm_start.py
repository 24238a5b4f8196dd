"""A source prior without a long adversarial game.

From scratch a StyleGAN needs millions of images, which a laptop does not
draw in a day. A pose flow (``pose_flow.py``) learns the source poses in
keypoint space in minutes; two supervised phases then reach a usable prior in
an hour, and adversarial training (``SkeletonGAN``) may go on from there:

1. ``mapping``: f learns to hold the flow's pose, readable by a linear map;
2. ``synthesis``: f stays and the rest of the generator learns to draw the
   pose that w holds, growing.

Not in the paper, which trains "as in StyleGAN, until convergence".
"""
from typing import Dict, Optional, Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import ExponentialMovingAverage
from mmengine.optim import OptimWrapperDict
from mmengine.utils import track_iter_progress
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.errors import UserError
from flexpose_mm.models.base import PoseGenerationModel
from flexpose_mm.models.seeding import local_normal
from flexpose_mm.wrappers import unwrap
from .growing import growing_state


def pyramid_loss(fake: Tensor, real: Tensor, levels: int = 3) -> Tensor:
    """Mean squared error summed over an image pyramid.

    Thin limbs that do not overlap give no gradient on pixels; coarse levels
    pull them together.

    Args:
        fake (Tensor): (N, 3, S, S).
        real (Tensor): (N, 3, S, S).
    """
    loss = F.mse_loss(fake, real)
    for _ in range(levels - 1):
        fake, real = F.avg_pool2d(fake, 2), F.avg_pool2d(real, 2)
        loss = loss + F.mse_loss(fake, real)
    return loss


@MODELS.register_module()
class PriorWarmStart(PoseGenerationModel):
    """Trains a generator by distilling a pose flow.

    Its checkpoint has the keys of ``SkeletonGAN``: ``load_from`` it there to
    go on adversarially, or name it as an adapter's source prior. Codes
    depend on (seed, iteration) only; the dataloader gives the beat.

    Args:
        generator (dict): Config of ``StyleGANv1Generator``.
        teacher (dict): Config of a trained ``PoseFlow``.
        data_preprocessor (dict): Config of ``SkeletonPreprocessor``.
        mapping_iters (int): Iterations of phase 1.
        images_per_scale (dict[int, int]): Images of phase 2 by scale.
        batch_size (int): Codes of phase 2 per iteration on this process.
        mapping_batch_size (int): Codes of phase 1 per iteration.
        pool_size (int): Codes whose poses the flow gives once, for phase 1
            to draw from: integrating it for each batch would take most of
            the time.
        mix_prob (float): Probability that finer layers see another code
            while the pose stays: geometry is kept in the coarse layers.
        mix_from (int): First layer (1-based) that may see it.
        ema_momentum (float): 1 - decay of the averaged generator.
        **kwargs: See ``PoseGenerationModel``.
    """

    def __init__(self,
                 generator: dict,
                 teacher: dict,
                 data_preprocessor: dict,
                 mapping_iters: int,
                 images_per_scale: Dict[int, int],
                 batch_size: int = 32,
                 mapping_batch_size: int = 512,
                 pool_size: int = 2**18,
                 mix_prob: float = 0.5,
                 mix_from: int = 5,
                 ema_momentum: float = 0.01,
                 **kwargs):
        super().__init__(data_preprocessor, **kwargs)
        self.generator = MODELS.build(generator)
        self.check_canvas('generator', self.generator, 'out_size')
        self.teacher = MODELS.build(teacher).requires_grad_(False)
        width, dim = self.generator.style_channels, self.teacher.dim
        if width < dim:
            raise UserError('PriorWarmStart', 'style_channels', width,
                            f'the flow reads {dim} numbers from z; give at '
                            'least that many channels')
        # Fixed and orthonormal: w must be of unit scale to be read, which
        # is what makes the style affines learn quickly.
        self.readout = nn.Linear(width, dim, bias=False)
        nn.init.orthogonal_(self.readout.weight)
        self.readout.requires_grad_(False)
        self.generator_ema = ExponentialMovingAverage(
            self.generator, momentum=ema_momentum)
        self.generator_ema.requires_grad_(False)
        self.mapping_iters, self.batch_size = mapping_iters, batch_size
        self.mapping_batch_size = mapping_batch_size
        self.pool_size = pool_size
        self._pool: Optional[Tuple[Tensor, Tensor]] = None
        self.images_per_scale = {
            int(k): v
            for k, v in images_per_scale.items()
        }
        self.mix_prob, self.mix_from = mix_prob, mix_from
        self.to_memory_format()

    @property
    def sampling_generator(self) -> nn.Module:
        return self.generator_ema.module

    def train_step(self, data: dict,
                   optim_wrapper: OptimWrapperDict) -> Dict[str, Tensor]:
        """One iteration of the current phase."""
        self.check_optimisers(optim_wrapper, 'mapping', 'synthesis')
        phase = 'mapping' if self.iteration < self.mapping_iters \
            else 'synthesis'
        loss = getattr(self, f'{phase}_loss')()
        optim_wrapper[phase].update_params(loss)
        self.generator_ema.update_parameters(unwrap(self.generator))
        self.iteration += 1
        return {f'loss_{phase}': loss.detach()}

    def mapping_loss(self) -> Tensor:
        """Squared error of the linear read-out, in the teacher's unit."""
        z, poses = self.pool()
        rows = self.pool_rows(self.mapping_batch_size)
        w = unwrap(self.generator).style_mapping(z[rows])
        error = (self.read(w) - poses[rows]) / self.teacher.pose_scale
        return error.square().mean()

    def synthesis_loss(self) -> Tensor:
        """Pyramid loss between G(w) and alpha of the pose in w, growing."""
        self._pool = None  # of phase 1
        net = unwrap(self.generator)
        n = self.batch_size
        scale, weight = self.growth()
        with torch.no_grad():
            w = net.style_mapping(self.normals(n, (net.style_channels, ), 2))
            # The pose that w holds, not the teacher's: what f could not
            # learn would be noise to the synthesis, which answers with blur.
            real = self.data_preprocessor.render(self.read(w))
        if scale != real.shape[-1]:
            real = F.interpolate(real, size=scale, mode='area')
        noises = [
            self.normals(n, buffer.shape[1:], 10 + i)
            for i, buffer in enumerate(net.buffered_noise())
        ]
        with self.precision():
            fake = net(
                self.mix(w, 2 * scale.bit_length() - 4),
                input_is_latent=True,
                injected_noise=noises,
                curr_scale=scale,
                transition_weight=weight)
        return pyramid_loss(fake.float(), real)

    # -- parts ------------------------------------------------------------
    def normals(self, n: int, shape, part: int) -> Tensor:
        """Seeded normals (n, *shape) of this iteration."""
        return local_normal(
            n, shape, self.seed, int(self.iteration), part,
            device=self.iteration.device)

    def pool(self) -> Tuple[Tensor, Tensor]:
        """Codes and the flow's canvas poses (n, K, 2) for them.

        The flow sees what f sees of z: the pixel-normalised code, of which
        it reads the first 2K numbers. Made once; a resumed run makes the
        same one.
        """
        if self._pool is None:
            net, device = unwrap(self.generator), self.iteration.device
            z = local_normal(
                self.pool_size, (net.style_channels, ), self.seed, 1,
                device=device)
            with torch.no_grad():
                poses = [
                    self.teacher.poses(
                        net.style_mapping[0](block)[:, :self.teacher.dim])
                    for block in track_iter_progress(list(z.split(4096)))
                ]
            self._pool = z, torch.cat(poses)
        return self._pool

    def pool_rows(self, n: int) -> Tensor:
        """n rows of the pool for this iteration."""
        rng = torch.Generator().manual_seed(int(self.iteration))
        rows = torch.randint(0, self.pool_size, (n, ), generator=rng)
        return rows.to(self.iteration.device)

    def read(self, w: Tensor) -> Tensor:
        """Canvas poses (n, K, 2) that w holds."""
        pose = self.readout(w) * self.teacher.pose_scale
        return pose.reshape(len(w), -1, 2)

    def growth(self) -> Tuple[int, float]:
        """Scale and fade-in weight of phase 2."""
        shown = (int(self.iteration) - self.mapping_iters) * self.batch_size
        return growing_state(shown, self.images_per_scale,
                             min(self.images_per_scale.values()) // 4)

    def mix(self, w: Tensor, layers: int) -> Tensor:
        """w for each layer; finer ones of some images hold another code."""
        total = unwrap(self.generator).num_latents
        latent = w[:, None].repeat(1, total, 1)
        if layers < self.mix_from:
            return latent
        rng = torch.Generator().manual_seed(int(self.iteration))
        n = len(w)
        first = torch.randint(
            self.mix_from, layers + 1, (n, 1), generator=rng)
        first[torch.rand(n, 1, generator=rng) >= self.mix_prob] = total + 1
        swap = torch.arange(1, total + 1)[None] >= first
        other = w.detach().roll(1, 0)[:, None]
        return torch.where(swap[..., None].to(w.device), other, latent)
