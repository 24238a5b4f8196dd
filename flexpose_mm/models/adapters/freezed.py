"""FreezeD: fine-tuning with a half-frozen discriminator (Mo et al. 2020)."""
import copy
import os.path as osp
from typing import Optional, Tuple

import torch
from mmengine.dist import broadcast
from mmengine.logging import print_log
from mmengine.model import ExponentialMovingAverage
from mmengine.utils import track_iter_progress
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import load_discriminator
from flexpose_mm.errors import UserError
from flexpose_mm.models.gans.adversarial import AdversarialTraining
from flexpose_mm.models.seeding import seeded_normal
from flexpose_mm.wrappers import unwrap
from .base import PoseAdapter
from .kept_steps import KeptSteps


@MODELS.register_module()
class FreezeD(AdversarialTraining, PoseAdapter):
    """All of G and the coarse part of D learn, adversarially, from T*.

    FreezeD presupposes the discriminator of the source GAN. Priors of the
    warm start have none, so without ``discriminator.checkpoint`` one is
    trained first, all of it, against the frozen g_s: real images are
    alpha(beta(g_s(z))), clean drawings of the poses that the prior knows, so
    that no source data is needed. It is done once, before the first step
    (a resumed run has it), and depends on the seed only. A run that is
    killed meanwhile goes on from ``freezed_warmup.part`` in its folder.

    Gamma, ``pairing`` and ``anchor_codes`` are accepted so that one config
    serves all methods, and are not used.

    Args:
        discriminator (dict): Config of ``StyleGANv1Discriminator`` with the
            optional field ``checkpoint``.
        trained_blocks (int): Last blocks of D that learn, besides its final
            layer: 3 are those of 16, 8 and 4 px. Layers from RGB never do.
        warmup_iters (int): Steps of D before adaptation, without checkpoint.
        warmup_batch_size (int): Real, and as many generated, images of each.
        warmup_lr (float): Of Adam with betas (0, 0.99).
        r1_weight (float): gamma / 2; 5 in StyleGAN.
        r1_interval (int): Steps between two R1 terms.
        ema_momentum (float): 1 - decay of the averaged generator.
        **kwargs: See ``PoseAdapter``.
    """

    def __init__(self,
                 *args,
                 discriminator: dict,
                 trained_blocks: int = 3,
                 warmup_iters: int = 500,
                 warmup_batch_size: int = 32,
                 warmup_lr: float = 0.002,
                 r1_weight: float = 5.,
                 r1_interval: int = 1,
                 ema_momentum: float = 0.001,
                 **kwargs):
        super().__init__(*args, **kwargs)
        # before any forward pass, and saved: the prior's file may be gone
        self.source = copy.deepcopy(self.generator).requires_grad_(False)
        self.generator_ema = ExponentialMovingAverage(
            self.generator, momentum=ema_momentum)
        self.r1_weight, self.r1_interval = r1_weight, r1_interval
        self.trained_blocks, self.warmup_lr = trained_blocks, warmup_lr
        self.warmup_iters = warmup_iters
        self.warmup_batch_size = warmup_batch_size
        checkpoint = self.build_discriminator(dict(discriminator))
        # a number, as buffers of several processes are averaged
        self.register_buffer('warmed_up',
                             torch.tensor(int(checkpoint is not None)))
        self.notes = dict(
            trained_blocks=trained_blocks,
            discriminator=checkpoint or f'trained for {warmup_iters} steps')
        self.to_memory_format()
        self.hide_wrappers()

    def build_discriminator(self, cfg: dict) -> Optional[str]:
        """D, loaded if there is a file, half frozen; returns the file."""
        checkpoint = cfg.pop('checkpoint', None)
        self.discriminator = MODELS.build(cfg)
        self.check_canvas('discriminator', self.discriminator, 'in_size')
        most = len(self.discriminator.convs)
        if not isinstance(self.trained_blocks,
                          int) or not 0 <= self.trained_blocks <= most:
            raise UserError('FreezeD', 'trained_blocks', self.trained_blocks,
                            f'the discriminator has {most} blocks; give 0 to '
                            f'{most}')
        if self.warmup_iters < 1 or self.warmup_batch_size < 1:
            raise UserError(
                'FreezeD', 'warmup_iters, warmup_batch_size',
                (self.warmup_iters, self.warmup_batch_size),
                'give whole numbers of at least 1')
        if checkpoint is not None:
            load_discriminator(self.discriminator, checkpoint,
                               self.data_preprocessor.meta)
        elif self.regressor is None:
            raise UserError(
                'FreezeD', 'discriminator.checkpoint', None,
                'give the weights of a source discriminator, or regressor=, '
                'with which one can be trained first')
        self.freeze_fine_layers()
        return checkpoint

    def freeze_fine_layers(self) -> None:
        """Only the last blocks of D and its final layer learn."""
        net = unwrap(self.discriminator).requires_grad_(False)
        learns = [net.final_linear]
        learns += list(net.convs)[len(net.convs) - self.trained_blocks:]
        for part in learns:
            part.requires_grad_(True)

    def build_trainable(self) -> None:
        self.generator.requires_grad_(True)

    def source_generator(self) -> nn.Module:
        return self.source

    def losses(self, samples):
        raise UserError(
            'FreezeD', 'model_wrapper_cfg', None,
            "its two networks train apart; set type='MMSeparate"
            "DistributedDataParallel'")

    def prepare(self, dataset) -> None:
        """Check T*, and see to a source discriminator."""
        self.look_at(dataset)
        if not self.warmed_up:
            self.warm_up()
        print_log(
            f'FreezeD: {len(self.targets[0])} target poses; discriminator '
            f'{self.notes["discriminator"]}; {self.num_trainable:,} '
            'parameters learn', 'current')

    def warm_up(self) -> None:
        """Train all of D against g_s, alike in every process."""
        net = unwrap(self.discriminator).requires_grad_(True)
        optim = torch.optim.Adam(
            net.parameters(), self.warmup_lr, betas=(0., 0.99))
        kept = self.kept_steps(net, optim)
        begun, log = kept.resume(), {}
        print_log('FreezeD: training a source discriminator, from step '
                  f'{begun} of {self.warmup_iters} on', 'current')
        for step in track_iter_progress(
                list(range(begun, self.warmup_iters))):
            loss, log = self.discriminator_terms(
                net, *self.warmup_images(step),
                step % self.r1_interval == 0)
            optim.zero_grad()
            loss.backward()
            optim.step()
            kept.keep(step + 1)
        optim.zero_grad()
        for value in net.state_dict().values():
            broadcast(value)  # sums may differ between devices
        self.freeze_fine_layers()
        self.warmed_up.fill_(1)
        if log:
            print_log(
                'FreezeD: its last step, ' + ', '.join(
                    f'{name} {value.item():.3f}'
                    for name, value in log.items()), 'current')

    def kept_steps(self, net: nn.Module,
                   optim: torch.optim.Optimizer) -> KeptSteps:
        """What the warm-up goes on from if it is killed."""
        path = self.work_dir and osp.join(self.work_dir, 'freezed_warmup.part')
        settings = dict(
            seed=self.seed, batch_size=self.warmup_batch_size,
            lr=self.warmup_lr, r1=(self.r1_weight, self.r1_interval),
            autocast=self.autocast, device=self.iteration.device.type)
        return KeptSteps(path, settings, self, net, optim, self.warmup_iters)

    @torch.no_grad()
    def warmup_images(self, step: int) -> Tuple[Tensor, Tensor]:
        """alpha(beta(g_s(z))) and g_s(z'), each (n, 3, S, S)."""
        n, width = self.warmup_batch_size, self.source.style_channels
        z = seeded_normal((2 * n, width), self.seed, 11, step)
        images = self.draw(
            z.to(self.iteration.device), self.source, randomize_noise=False)
        poses = self.regressor.regress(images[:n])[0]
        return self.data_preprocessor.render(poses), images[n:]
