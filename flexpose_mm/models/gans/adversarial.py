"""One step of the adversarial game, for SkeletonGAN and FreezeD."""
from typing import Dict, Tuple

import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from flexpose_mm.models.seeding import frozen, local_normal
from flexpose_mm.wrappers import plain_keys, unwrap, wrapped_keys
from .losses import discriminator_loss, generator_loss, r1_penalty


class AdversarialTraining:
    """Non-saturating logistic loss with R1, style mixing, averaged generator.

    Goes before a ``PoseGenerationModel`` in the bases of a model that has
    ``generator``, ``discriminator``, ``generator_ema``, ``r1_weight`` and
    ``r1_interval``, and calls ``hide_wrappers`` at the end of its
    constructor. R1 comes every ``r1_interval`` steps, weighted accordingly
    (lazy regularisation). Codes and noise depend on (seed, iteration) only,
    so resuming is exact and n processes equal one of n times the batch.
    """

    # Set by ProgressiveGrowingHook; full size without it.
    curr_scale, transition_weight = -1, 1.

    def hide_wrappers(self) -> None:
        """Keep distributed wrappers out of checkpoints."""
        self._register_state_dict_hook(plain_keys)
        self._register_load_state_dict_pre_hook(wrapped_keys, with_module=True)

    @property
    def sampling_generator(self) -> nn.Module:
        return self.generator_ema.module

    @property
    def scale(self) -> dict:
        """dict: Growing arguments of both networks."""
        return dict(
            curr_scale=self.curr_scale,
            transition_weight=self.transition_weight)

    def real_images(self, images: Tensor) -> Tensor:
        """Real images at the current scale."""
        if self.curr_scale < 0 or self.curr_scale == images.shape[-1]:
            return images
        return F.interpolate(
            images, size=self.curr_scale, mode='area')

    def fake_images(self, n: int, network: int) -> Tensor:
        """Images of fresh codes, mixed with the generator's probability."""
        net = unwrap(self.generator)
        step, device = int(self.iteration), self.iteration.device

        def normal(*shape, part):
            return local_normal(n, shape, self.seed, step, network, part,
                                device=device)

        codes = [normal(net.style_channels, part=0)]
        # One draw for all processes: the switch is a property of the batch.
        rng = torch.Generator().manual_seed(self.seed * 1000003 + step * 2 +
                                            network)
        layers = net.num_latents if self.curr_scale < 0 else \
            2 * self.curr_scale.bit_length() - 4
        index = None
        if torch.rand((), generator=rng) < net.mix_prob:
            codes.append(normal(net.style_channels, part=1))
            index = int(torch.randint(1, layers, (), generator=rng))
        noises = [
            normal(*buffer.shape[1:], part=2 + i)
            for i, buffer in enumerate(net.buffered_noise()[:layers])
        ]
        return self.generator(
            codes, inject_index=index, injected_noise=noises, **self.scale)

    def train_step(self, data: dict,
                   optim_wrapper: OptimWrapperDict) -> Dict[str, Tensor]:
        """One step of D, one of G, one of the average.

        Args:
            data (dict): ``inputs`` of n poses or skeleton images.
            optim_wrapper (OptimWrapperDict): ``generator`` and
                ``discriminator``.

        Returns:
            dict[str, Tensor]: Detached losses for the log.
        """
        self.check_optimisers(optim_wrapper, 'generator', 'discriminator')
        images = self.data_preprocessor(data, True)['inputs']
        real = self.real_images(images)
        log = self.step_discriminator(real, optim_wrapper['discriminator'])
        log.update(self.step_generator(len(real), optim_wrapper['generator']))
        self.generator_ema.update_parameters(unwrap(self.generator))
        self.iteration += 1
        return log

    def step_discriminator(self, real: Tensor, optim) -> Dict[str, Tensor]:
        """Logistic loss, and R1 when its turn comes."""
        with optim.optim_context(self.discriminator):
            with torch.no_grad(), self.precision():
                fake = self.fake_images(len(real), 0)
            with_r1 = int(self.iteration) % self.r1_interval == 0
            loss, log = self.discriminator_terms(self.discriminator, real,
                                                 fake, with_r1)
        optim.update_params(loss)
        return log

    def discriminator_terms(self, net: nn.Module, real: Tensor, fake: Tensor,
                            with_r1: bool) -> Tuple[Tensor, dict]:
        """Loss of D on real and fake images, and what to log of it."""
        with self.precision():
            fake_score = net(fake, **self.scale)
            real_score = net(real, **self.scale)
        loss = discriminator_loss(real_score, fake_score)
        log = dict(loss_d=loss.detach(), real=real_score.mean().detach(),
                   fake=fake_score.mean().detach())
        if with_r1:
            # float32: a gradient of a gradient needs the bits.
            x = real.detach().requires_grad_()
            penalty = r1_penalty(net(x, **self.scale), x)
            loss = loss + self.r1_weight * self.r1_interval * penalty
            log['r1'] = penalty.detach()
        return loss, log

    def step_generator(self, n: int, optim) -> Dict[str, Tensor]:
        """Non-saturating loss through the frozen discriminator."""
        with optim.optim_context(self.generator), frozen(
                unwrap(self.discriminator)), self.precision():
            scores = unwrap(self.discriminator)(
                self.fake_images(n, 1), **self.scale)
            loss = generator_loss(scores)
        optim.update_params(loss)
        return dict(loss_g=loss.detach())
