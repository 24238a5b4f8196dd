"""One training loop for FlexPose and its rivals.

Adding a method means subclassing :class:`PoseAdapter`, saying which
parameters learn (:meth:`build_trainable`) and, if it has one, its extra term
(:meth:`regularisation`). Everything else is shared, so that a comparison
compares methods only. A method with losses or codes of its own overrides
:meth:`batch_losses` or :meth:`training_codes`, one with another step
:meth:`train_step`.
"""
from typing import Dict, List, Optional, Tuple

import torch
from mmengine.logging import print_log
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import load_generator
from flexpose_mm.datasets import normalize_poses
from flexpose_mm.errors import UserError
from flexpose_mm.models.base import PoseGenerationModel
from flexpose_mm.models.perceptual import perceptual_loss
from flexpose_mm.models.seeding import seeded_normal
from .feature_cache import FeatureCache
from .pairing import (ANCHORS, PAIRINGS, check_choice, choose_anchors,
                      mix_codes)
from .transport import transport_poses


class PoseAdapter(PoseGenerationModel):
    """Adapts a source generator to a handful of target poses.

    Args:
        generator (dict): Config of ``StyleGANv1Generator`` with the extra
            field ``checkpoint``, the source prior.
        gamma (dict): Config of ``VGGFeatures`` or ``RegressorFeatures``.
        data_preprocessor (dict): Config of ``SkeletonPreprocessor``.
        pairing (str): ``mix``: codes are mixed as their poses are;
            ``transport``: codes at random, their poses those of the source
            moved by ``transport.py`` (the dataset gives their number);
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

    # Set by PrepareAdapterHook; nothing is kept without it.
    work_dir: Optional[str] = None

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
        for field, value, needs_beta in (
            ('anchor_codes', anchor_codes, anchor_codes != 'random'),
            ('pairing', pairing, pairing == 'transport')):
            if needs_beta and self.regressor is None:
                raise UserError(where, field, value,
                                'it compares poses read by beta; give '
                                'regressor=')
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
        self.look_at(dataset)
        paired = self.pairing in ('mix', 'transport')
        if paired and not hasattr(dataset, 'shots'):
            raise UserError(where, 'pairing', self.pairing,
                            'it needs a PoseMixupDataset; use it, or '
                            "pairing='fixed'")
        poses, visible = self.targets
        if self.pairing == 'transport':
            self.anchors, poses = self.transported(dataset)
            self.targets = (poses, visible)
        else:
            shots = torch.as_tensor(dataset.shots, device=poses.device) \
                if paired else poses
            self.anchors = self.make_anchors(shots)
        dtype = torch.bfloat16 if self.autocast else torch.float32
        self.target_features = FeatureCache(self.features_of, len(poses),
                                            self.feature_cache_mb, dtype)
        print_log(
            f'{where}: Gamma is the {self.gamma.name}; {len(poses)} target '
            f'poses, features {self.target_features.megabytes:.0f} MB, '
            f'{"cached" if self.target_features.enabled else "not cached"}; '
            f'{self.num_trainable:,} parameters learn, the generator has '
            f'{sum(p.numel() for p in self.generator.parameters()):,}',
            'current')

    def look_at(self, dataset) -> None:
        """Check T* and keep its poses as ``targets``."""
        where = type(self).__name__
        if not hasattr(dataset, 'poses'):
            raise UserError(where, 'train dataset', type(dataset).__name__,
                            'adapters train on PoseMixupDataset')
        if hasattr(dataset, 'skeleton'):
            dataset.skeleton.check_same(self.data_preprocessor.skeleton,
                                        type(dataset).__name__)
        device = self.iteration.device
        self.targets = tuple(
            torch.as_tensor(array, device=device)
            for array in (dataset.poses, dataset.visible))

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
        pool, read = self.source_pool(self.pool_size)
        return choose_anchors(poses, read, pool, self.anchor_codes)

    def source_pool(self, n: int) -> Tuple[Tensor, Tensor]:
        """n seeded codes (n, C) and their poses beta(g_s(z)), (n, K, 2)."""
        width = self.generator.style_channels
        pool = seeded_normal((n, width), self.seed, 2)
        pool = pool.to(self.iteration.device)
        read = [
            self.regressor.regress(self.draw(z, randomize_noise=False))[0]
            for z in pool.split(128)
        ]
        return pool, torch.cat(read)

    def transported(self, dataset) -> Tuple[Tensor, Tensor]:
        """A code (n, C) and a target pose (n, K, 2) for each item."""
        if not (dataset.visible > 0).all():
            raise UserError(
                type(self).__name__, 'pairing', 'transport',
                'it needs shots with all joints; draw them with '
                "require_all=True, or use pairing='mix'")
        n = len(dataset.poses)
        codes, read = self.source_pool(max(self.pool_size, n))
        shots = torch.as_tensor(dataset.shots, device=read.device)
        poses, weight = transport_poses(read, shots)
        print_log(
            f'transport: the covariance of {len(shots)} shots, with weight '
            f'{weight:.2f} of the source\'s', 'current')
        poses = normalize_poses(poses[:n].float().cpu().numpy())[0]
        return codes[:n], torch.as_tensor(poses, device=read.device)

    def target_images(self, rows: Tensor) -> Tensor:
        """alpha(y) of the numbered target poses, (n, 3, S, S)."""
        poses, visible = self.targets
        return self.data_preprocessor.render(poses[rows], visible[rows])

    @torch.no_grad()
    def features_of(self, rows: Tensor) -> List[Tensor]:
        """Gamma(alpha(y)) of the numbered target poses."""
        return self.extract(self.target_images(rows))

    def extract(self, images: Tensor) -> List[Tensor]:
        """Gamma in this model's precision and memory format."""
        if self.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        with self.precision():
            return self.gamma(images)

    def training_codes(self, samples) -> Tensor:
        """z for each item of a batch, (N, C), by ``pairing``."""
        rows = torch.tensor([s.sample_idx for s in samples])
        if self.pairing in ('fixed', 'transport'):
            return self.anchors[rows]
        if self.pairing == 'mix':
            mixup = torch.stack([torch.as_tensor(s.mixup) for s in samples])
            return mix_codes(self.anchors, mixup.to(self.anchors.device))
        return self.step_normals(rows)

    def step_normals(self, rows: Tensor) -> Tensor:
        """N(0, I) of this step for each numbered pose, (N, C)."""
        step, width = int(self.iteration), self.generator.style_channels
        codes = [
            seeded_normal((width, ), self.seed, 3, step, int(r)) for r in rows
        ]
        return torch.stack(codes).to(self.iteration.device)

    def batch_losses(self, images: Tensor, rows: Tensor) -> Dict[str, Tensor]:
        """Eq. 5 between generated images and the numbered target poses.

        Args:
            images (Tensor): g_t(z), (N, 3, S, S).
            rows (Tensor): Numbers of their target poses, (N,) int64.

        Returns:
            dict[str, Tensor]: Means over the batch; names contain ``loss``.
        """
        return dict(
            loss_perceptual=perceptual_loss(
                self.extract(images), self.target_features(rows)))

    def losses(self, samples) -> Dict[str, Tensor]:
        """``batch_losses`` of a batch, and the method's own terms."""
        if self.anchors is None:
            raise UserError(
                type(self).__name__, 'custom_hooks', None,
                "add dict(type='PrepareAdapterHook'), which shows the target "
                'poses to the adapter')
        rows = torch.tensor([s.sample_idx for s in samples])
        with self.precision():
            images = self.generator(
                self.training_codes(samples), randomize_noise=False)
        return dict(
            **self.batch_losses(images, rows), **self.regularisation())

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
