"""The source prior: a StyleGAN v1 on skeleton images (FlexPose, sec. 3.2)."""
from typing import Dict, Optional

import torch
import torch.nn.functional as F
from mmengine.model import ExponentialMovingAverage, is_model_wrapper
from mmengine.optim import OptimWrapperDict
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.models.base import PoseGenerationModel
from .losses import discriminator_loss, generator_loss, r1_penalty
from flexpose_mm.models.seeding import frozen, local_normal


def unwrap(module: nn.Module) -> nn.Module:
    """The network behind a distributed wrapper."""
    return module.module if is_model_wrapper(module) else module


def plain_keys(model, state: dict, prefix: str, *_) -> dict:
    """State-dict hook: no trace of distributed wrappers in a checkpoint."""
    for name, child in model.named_children():
        if is_model_wrapper(child):
            rename(state, f'{prefix}{name}.module.', f'{prefix}{name}.')
    return state


def wrapped_keys(model, state: dict, prefix: str, *_) -> None:
    """Loading hook: the inverse of :func:`plain_keys`."""
    for name, child in model.named_children():
        if is_model_wrapper(child):
            rename(state, f'{prefix}{name}.', f'{prefix}{name}.module.')


def rename(state: dict, old: str, new: str) -> None:
    """Change a prefix of keys, in place and in order."""
    for key in [k for k in state if k.startswith(old)]:
        state[new + key[len(old):]] = state.pop(key)


@MODELS.register_module()
class SkeletonGAN(PoseGenerationModel):
    """Trains generator and discriminator on skeleton images.

    Non-saturating logistic loss with R1 on real images (every
    ``r1_interval`` steps, weighted accordingly: lazy regularisation), style
    mixing, averaged generator. Codes and noise depend on (seed, iteration)
    only, so resuming is exact and n processes equal one of n times the batch.

    Args:
        generator (dict): Config of ``StyleGANv1Generator``.
        discriminator (dict): Config of ``StyleGANv1Discriminator``.
        data_preprocessor (dict): Config of ``SkeletonPreprocessor``.
        r1_weight (float): gamma / 2; 5 in StyleGAN.
        r1_interval (int): Steps between two R1 terms.
        ema_momentum (float): 1 - decay of the averaged generator.
        **kwargs: See ``PoseGenerationModel``.
    """

    def __init__(self,
                 generator: dict,
                 discriminator: dict,
                 data_preprocessor: dict,
                 r1_weight: float = 5.,
                 r1_interval: int = 1,
                 ema_momentum: float = 0.002,
                 **kwargs):
        super().__init__(data_preprocessor, **kwargs)
        self.generator = MODELS.build(generator)
        self.discriminator = MODELS.build(discriminator)
        self.check_canvas('generator', self.generator, 'out_size')
        self.check_canvas('discriminator', self.discriminator, 'in_size')
        # update_buffers=True would keep tensors that .to() leaves behind.
        self.generator_ema = ExponentialMovingAverage(
            self.generator, momentum=ema_momentum)
        self.generator_ema.requires_grad_(False)
        self.r1_weight, self.r1_interval = r1_weight, r1_interval
        # Set by ProgressiveGrowingHook; full size without it.
        self.curr_scale, self.transition_weight = -1, 1.
        self.to_memory_format()
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

    def draw(self, z, generator=None, **kwargs):
        image = super().draw(z, generator, **self.scale, **kwargs)
        if image.shape[-1] != self.data_preprocessor.size:
            image = F.interpolate(
                image, size=self.data_preprocessor.size, mode='bilinear')
        return image

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
            with self.precision():
                with torch.no_grad():
                    fake = self.fake_images(len(real), 0)
                fake_score = self.discriminator(fake, **self.scale)
                real_score = self.discriminator(real, **self.scale)
            loss = discriminator_loss(real_score, fake_score)
            log = dict(loss_d=loss.detach(), real=real_score.mean().detach(),
                       fake=fake_score.mean().detach())
            if int(self.iteration) % self.r1_interval == 0:
                # float32: a gradient of a gradient needs the bits.
                x = real.detach().requires_grad_()
                penalty = r1_penalty(
                    self.discriminator(x, **self.scale), x)
                loss = loss + self.r1_weight * self.r1_interval * penalty
                log['r1'] = penalty.detach()
        optim.update_params(loss)
        return log

    def step_generator(self, n: int, optim) -> Dict[str, Tensor]:
        """Non-saturating loss through the frozen discriminator."""
        with optim.optim_context(self.generator), frozen(
                unwrap(self.discriminator)), self.precision():
            scores = unwrap(self.discriminator)(
                self.fake_images(n, 1), **self.scale)
            loss = generator_loss(scores)
        optim.update_params(loss)
        return dict(loss_g=loss.detach())
