"""One training loop for FlexPose and its rivals.

Adding a method means subclassing :class:`PoseAdapter`, saying which
parameters learn (:meth:`build_trainable`) and, if it has one, its extra term
(:meth:`regularisation`). Everything else is shared, so that a comparison
compares methods only.
"""
from typing import Dict, List, Optional

import torch
from mmengine.logging import print_log
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import load_generator
from flexpose_mm.errors import UserError
from flexpose_mm.models.base import PoseGenerationModel
from flexpose_mm.models.seeding import seeded_normal
from flexpose_mm.models.perceptual import perceptual_loss
from .feature_cache import FeatureCache
from .pairing import (ANCHORS, PAIRINGS, check_choice, choose_anchors,
                      mix_codes)


class PoseAdapter(PoseGenerationModel):
    """Adapts a source generator to a handful of target poses.

    Args:
        generator (dict): Config of ``StyleGANv1Generator`` with the extra
            field ``checkpoint``, the source prior.
        gamma (dict): Config of ``VGGFeatures`` or ``RegressorFeatures``.
        data_preprocessor (dict): Config of ``SkeletonPreprocessor``.
        pairing (str): ``mix``: codes are mixed as their poses are;
            ``fixed``: one independent code for each pose of T*;
            ``resample``: a new code at every step (collapses by design).
        anchor_codes (str): Codes of the shots (of T* with ``fixed``):
            ``random`` (the paper), ``nearest_centered`` or ``ot`` from a
            pool of codes.
        pool_size (int): Codes in that pool.
        feature_cache_mb (float): Memory for target features; beyond it they
            are computed anew at every step.
        **kwargs: See ``PoseGenerationModel``.
    """

    def __init__(self,
                 generator: dict,
                 gamma: dict,
                 data_preprocessor: dict,
                 pairing: str = 'mix',
                 anchor_codes: str = 'random',
                 pool_size: int = 4000,
                 feature_cache_mb: float = 2048,
                 **kwargs):
        super().__init__(data_preprocessor, **kwargs)
        where = type(self).__name__
        check_choice(where, 'pairing', pairing, PAIRINGS)
        check_choice(where, 'anchor_codes', anchor_codes, ANCHORS)
        if anchor_codes != 'random' and self.regressor is None:
            raise UserError(where, 'anchor_codes', anchor_codes,
                            'it compares poses read by beta; give regressor=')
        if pool_size < 1:
            raise UserError(where, 'pool_size', pool_size,
                            'give a whole number of at least 1')
        self.pairing, self.anchor_codes = pairing, anchor_codes
        self.pool_size, self.feature_cache_mb = pool_size, feature_cache_mb
        generator = dict(generator)
        checkpoint = generator.pop('checkpoint', None)
        self.generator = self.build_generator(generator)
        self.check_canvas('generator', self.generator, 'out_size')
        if checkpoint is not None:
            load_generator(self.generator, checkpoint,
                           self.data_preprocessor.meta)
        self.gamma = MODELS.build(gamma)
        self.generator.requires_grad_(False)
        self.build_trainable()
        self.notes = dict(gamma=self.gamma.name, pairing=pairing,
                          anchor_codes=anchor_codes)
        self.anchors: Optional[Tensor] = None
        self.to_memory_format()

    # -- what a method says ------------------------------------------------
    def build_generator(self, cfg: dict) -> nn.Module:
        """g_t, still equal to g_s."""
        return MODELS.build(cfg)

    def build_trainable(self) -> None:
        """Switch ``requires_grad`` on where the method learns."""
        raise NotImplementedError

    def source_generator(self) -> nn.Module:
        """nn.Module: g_s, for comparing before and after."""
        raise NotImplementedError

    def regularisation(self) -> Dict[str, Tensor]:
        """Further loss terms by name; each name contains ``loss``."""
        return {}

    # -- shared --------------------------------------------------------------
    @property
    def sampling_generator(self) -> nn.Module:
        return self.generator

    def train(self, mode: bool = True):
        """The generator stays in evaluation mode: no style mixing."""
        super().train(mode)
        self.generator.eval()
        return self

    def prepare(self, dataset) -> None:
        """Look at T* once, before training: codes and target features.

        Args:
            dataset (PoseMixupDataset | pose dataset): Its canvas poses are
                fixed; items carry ``sample_idx`` and, for ``mix``, ``mixup``.

        Raises:
            UserError: If the set does not offer what ``pairing`` needs.
        """
        where = type(self).__name__
        if not hasattr(dataset, 'poses'):
            raise UserError(where, 'train dataset', type(dataset).__name__,
                            'adapters train on PoseMixupDataset')
        if self.pairing == 'mix' and not hasattr(dataset, 'shots'):
            raise UserError(where, 'pairing', 'mix',
                            'it needs a PoseMixupDataset; use it, or '
                            "pairing='fixed'")
        if hasattr(dataset, 'skeleton'):
            dataset.skeleton.check_same(self.data_preprocessor.skeleton,
                                        type(dataset).__name__)
        device = self.iteration.device
        poses = torch.as_tensor(dataset.poses, device=device)
        visible = torch.as_tensor(dataset.visible, device=device)
        self.targets = (poses, visible)
        anchors_of = torch.as_tensor(dataset.shots, device=device) \
            if self.pairing == 'mix' else poses
        self.anchors = self.make_anchors(anchors_of)
        dtype = torch.bfloat16 if self.autocast else torch.float32
        self.target_features = FeatureCache(self.features_of, len(poses),
                                            self.feature_cache_mb, dtype)
        print_log(
            f'{where}: Gamma is the {self.gamma.name}; {len(poses)} target '
            f'poses, features {self.target_features.megabytes:.0f} MB, '
            f'{"cached" if self.target_features.enabled else "not cached"}; '
            f'{self.num_trainable:,} of '
            f'{sum(p.numel() for p in self.generator.parameters()):,} '
            'generator parameters learn', 'current')

    @property
    def num_trainable(self) -> int:
        """int: Parameters that learn."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    def make_anchors(self, poses: Tensor) -> Tensor:
        """One code for each pose (n, K, 2) -> (n, C), seeded."""
        width = self.generator.style_channels
        if self.anchor_codes == 'random':
            return seeded_normal((len(poses), width), self.seed,
                                 1).to(poses.device)
        if self.anchor_codes == 'ot' and self.pool_size < len(poses):
            raise UserError(
                type(self).__name__, 'pool_size', self.pool_size,
                f'each of {len(poses)} poses gets a code of its own; give at '
                'least that many')
        pool = seeded_normal((self.pool_size, width), self.seed, 2)
        pool = pool.to(poses.device)
        read = [
            self.regressor.regress(self.draw(z, randomize_noise=False))[0]
            for z in pool.split(128)
        ]
        return choose_anchors(poses, torch.cat(read), pool, self.anchor_codes)

    @torch.no_grad()
    def features_of(self, rows: Tensor) -> List[Tensor]:
        """Gamma(alpha(y)) of the numbered target poses."""
        poses, visible = self.targets
        images = self.data_preprocessor.render(poses[rows], visible[rows])
        return self.extract(images)

    def extract(self, images: Tensor) -> List[Tensor]:
        """Gamma in this model's precision and memory format."""
        if self.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        with self.precision():
            return self.gamma(images)

    def training_codes(self, samples) -> Tensor:
        """z for each item of a batch, (N, C), by ``pairing``."""
        rows = torch.tensor([s.sample_idx for s in samples])
        if self.pairing == 'fixed':
            return self.anchors[rows]
        if self.pairing == 'mix':
            mixup = torch.stack([torch.as_tensor(s.mixup) for s in samples])
            return mix_codes(self.anchors, mixup.to(self.anchors.device))
        step = int(self.iteration)
        width = self.generator.style_channels
        codes = [
            seeded_normal((width, ), self.seed, 3, step, int(r)) for r in rows
        ]
        return torch.stack(codes).to(self.iteration.device)

    def losses(self, samples) -> Dict[str, Tensor]:
        """Eq. 5 on a batch, and the method's own terms."""
        if self.anchors is None:
            raise UserError(
                type(self).__name__, 'custom_hooks', None,
                "add dict(type='PrepareAdapterHook'), which shows the target "
                'poses to the adapter')
        rows = torch.tensor([s.sample_idx for s in samples])
        real = self.target_features(rows)
        with self.precision():
            fake = self.generator(
                self.training_codes(samples), randomize_noise=False)
        loss = perceptual_loss(self.extract(fake), real)
        return dict(loss_perceptual=loss, **self.regularisation())

    def train_step(self, data: dict, optim_wrapper) -> Dict[str, Tensor]:
        """One step on a batch of T*."""
        self.check_optimisers(optim_wrapper)
        with optim_wrapper.optim_context(self):
            losses = self(None, data['data_samples'], mode='loss')
        loss, log = self.parse_losses(losses)
        optim_wrapper.update_params(loss)
        return log

    def forward(self, inputs, data_samples=None, mode: str = 'tensor'):
        """As the base; ``loss`` is what a distributed wrapper calls."""
        if mode == 'loss':
            losses = self.losses(data_samples)
            self.iteration += 1  # here, since a wrapper passes train_step by
            return losses
        return super().forward(inputs, data_samples, mode)

    def preview(self, n: int) -> Dict[str, Tensor]:
        """Images of the same codes before and after."""
        z = self.codes(range(n))
        return dict(
            source=self.draw(
                z, self.source_generator(), randomize_noise=False),
            adapted=self.draw(z, randomize_noise=False))
