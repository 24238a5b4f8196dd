"""KeypointGAN: a keypoint detector from images that nobody labelled."""
from typing import Dict, Optional, Sequence

import torch
from mmengine.dist import get_world_size
from mmengine.structures import InstanceData
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import check_meta
from flexpose_mm.errors import UserError
from flexpose_mm.io import canvas_to_pixels
from flexpose_mm.wrappers import plain_keys, unwrap, wrapped_keys
from ..base import PoseGenerationModel
from ..keypointgan import ImagePool, NormalizedPerceptualLoss, lsgan_loss
from ..seeding import frozen


@MODELS.register_module()
class KeypointGAN(TopdownPoseEstimator):
    """Unpaired image-to-skeleton translation (Jakab et al., CVPR 2020).

    With x an image, x' another view of the same person and p_bar unpaired
    poses of a bank::

        y_bar = alpha(p_bar)                    skeleton image, real
        y = backbone(x)                         skeleton image, fake
        p = beta(y)                             the prediction
        y* = alpha(p);  x_hat = decoder(y*, x') reconstruction

    The discriminator sees y_bar and y, the reconstruction y* only, so that
    looks cannot pass through the skeleton image.

    One training step is one forward and one backward pass for all networks.
    The published order is a step of the generators, one of D, and one of
    beta, each with its own backward pass; but each of these losses is taken
    at the weights of the step's begin, and each concerns other networks, so
    the three are added up. What is shared: one pass of ``backbone`` and one
    drawing of y_bar for all three losses, D's pass over real and fake
    images, beta's over y_bar and y; features of x are computed without a
    graph. Losses and gradients are those of the published order.

    Args:
        backbone (dict): ``ImageToSkeleton`` or any (N, 3, S, S) -> (N, C, S,
            S).
        decoder (dict): ``ConditionalDecoder``.
        discriminator (dict): ``MultiScalePatchDiscriminator``.
        head (dict): beta, a trained ``SkeletonRegressor``.
        alpha (dict): ``SkeletonPreprocessor``, drawing as beta was trained.
        gamma (dict): Feature extractor such as ``PlainVGGFeatures``.
        data_preprocessor (dict): ``ImagePairPreprocessor``.
        left_right (dict, optional): ``NearestPoseResolver`` or
            ``OfflineRegressorResolver``, applied to predictions.
        weights (dict, optional): Of ``gan`` and ``perceptual``; 10 each.
        finetune (dict, optional): Weights of beta's own losses, ``real``
            (0.9 as published: squared error of p_bar read from y_bar) and
            ``fake`` (0.1: pixels of alpha(beta(y)) against y). None keeps
            beta as it is.
        pool_size (int): Images of the discriminator's history.
        seed (int): Of the history's draws.
        autocast (str, optional): 'bfloat16' computes the networks in mixed
            precision; None is float32.
        channels_last (bool): Memory format of the networks.
        **kwargs: As ``TopdownPoseEstimator``; ``flip_test`` is refused.

    Raises:
        UserError: Parts that do not fit each other.
    """

    def __init__(self,
                 backbone: dict,
                 decoder: dict,
                 discriminator: dict,
                 head: dict,
                 alpha: dict,
                 gamma: dict,
                 data_preprocessor: dict = dict(type='ImagePairPreprocessor'),
                 left_right: Optional[dict] = None,
                 weights: Optional[dict] = None,
                 finetune: Optional[dict] = None,
                 pool_size: int = 50,
                 seed: int = 0,
                 autocast: Optional[str] = None,
                 channels_last: bool = False,
                 **kwargs):
        if isinstance(data_preprocessor, dict):  # needs no default scope
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(
            backbone=backbone,
            head=head,
            data_preprocessor=data_preprocessor,
            **kwargs)
        self.decoder = MODELS.build(decoder)
        self.discriminator = MODELS.build(discriminator)
        self.alpha = MODELS.build(alpha)
        self.perceptual = NormalizedPerceptualLoss(gamma)
        self.left_right = MODELS.build(left_right) if left_right else None
        self.weights = {**dict(gan=10., perceptual=10.), **(weights or {})}
        self.finetune = finetune
        self.head.requires_grad_(finetune is not None)
        self.check_parts()
        if autocast not in (None, 'bfloat16'):
            raise UserError('KeypointGAN', 'autocast', autocast,
                            "give None or 'bfloat16'")
        self.autocast = autocast
        self.pool = ImagePool(pool_size, (3, self.size, self.size), seed)
        self.register_buffer('iteration', torch.zeros((), dtype=torch.long))
        if channels_last:
            self.to(memory_format=torch.channels_last)
        self._register_state_dict_hook(plain_keys)
        self._register_load_state_dict_pre_hook(wrapped_keys, with_module=True)
        self.train(self.training)

    @property
    def regressor(self) -> nn.Module:
        """nn.Module: beta."""
        return self.head

    @property
    def size(self) -> int:
        """int: Side S of crops and skeleton images in pixels."""
        return self.alpha.size

    def check_parts(self) -> None:
        """Refuse parts of different sizes or joint sets, unknown weights."""
        where, beta = 'KeypointGAN', self.head
        joints = self.alpha.skeleton.num_joints
        for field, value, own in (('head.size', beta.size, self.size),
                                  ('head.num_joints', beta.num_joints,
                                   joints)):
            if value != own:
                raise UserError(
                    where, field, value, f'alpha draws {own} '
                    f'({self.alpha.skeleton.name}); make them equal')
        if self.left_right is not None:
            self.alpha.skeleton.check_same(self.left_right.skeleton,
                                           f'{where}.left_right')
        check_meta(beta.trained_on, self.alpha.meta, 'KeypointGAN.head')
        # what a checkpoint is compared with, even if beta is still untrained
        beta.trained_on = {**self.alpha.meta, **beta.trained_on}
        for field, given, known in (
            ('weights', self.weights, {'gan', 'perceptual'}),
            ('finetune', self.finetune or dict(real=1, fake=1),
             {'real', 'fake'})):
            if set(given) != known or min(given.values()) < 0:
                raise UserError(where, field, given,
                                f'give {sorted(known)}, none below 0')
        if self.size % 8:
            raise UserError(where, 'alpha.size', self.size,
                            'give a multiple of 8')
        if hasattr(self.discriminator, 'check_size'):
            self.discriminator.check_size(self.size)
        if self.finetune is not None and get_world_size() > 1:
            raise UserError(where, 'finetune', self.finetune,
                            'beta learns in a single process only; give None')
        if self.test_cfg.get('flip_test'):
            raise UserError(where, 'flip_test', True,
                            'set it to False: a mirrored person has left '
                            'and right exchanged')

    def train(self, mode: bool = True):
        """beta stays in evaluation mode: its statistics are not ours."""
        super().train(mode)
        self.head.eval()
        return self

    # -- the maps ---------------------------------------------------------
    def precision(self):
        """The autocast context that the networks run in."""
        return torch.autocast(
            self.iteration.device.type,
            torch.bfloat16,
            enabled=self.autocast is not None)

    def translate(self, images: Tensor) -> Tensor:
        """y: skeleton images (N, 3, S, S) float32, unbounded, of images."""
        if images.shape[-2:] != (self.size, self.size):
            raise UserError(
                'KeypointGAN', 'inputs', tuple(images.shape),
                f'give crops of {self.size} x {self.size} px: set '
                f'TopdownAffine(input_size=({self.size}, {self.size}))')
        with self.precision():
            return self.backbone(images).float()

    def restore(self, skeletons: Tensor, condition: Tensor) -> Tensor:
        """x_hat: images (N, 3, S, S) float32 in the pose of skeletons."""
        with self.precision():
            return self.decoder(skeletons, condition).float()

    # -- training ---------------------------------------------------------
    def forward(self, inputs, data_samples=None, mode='tensor', **others):
        """As MMPose's; ``others`` (condition, poses, visible) are for the
        mode 'loss'."""
        if mode == 'loss':
            return self.loss(inputs, data_samples, **others)
        return super().forward(inputs, data_samples, mode)

    def loss(self,
             inputs: Tensor,
             data_samples=None,
             condition: Optional[Tensor] = None,
             poses: Optional[Tensor] = None,
             visible: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """All losses of a step; the gradient of their sum is each network's
        own.

        Args:
            inputs (Tensor): x, (N, 3, S, S) in [-1, 1].
            data_samples: Not used; labels have no part in training.
            condition (Tensor): x', like ``inputs``.
            poses (Tensor): p_bar, (N, K, 2) canvas coordinates.
            visible (Tensor, optional): (N, K), > 0 = drawn.

        Returns:
            dict[str, Tensor]: ``loss_*`` to be added up, and quantities to
            watch: ``pixels`` (squared error of x_hat), ``redraw`` (squared
            difference of y and y*), ``real``, ``fake`` (mean scores of D).

        Raises:
            UserError: Without poses or second views.
        """
        self.check_batch(condition, poses)
        # a crop's centre is half a pixel right of and below the canvas's
        poses = poses + 1 / self.size
        drawn = self.alpha.render(poses, visible)
        fake = self.translate(inputs)
        with frozen(self.regressor):
            clean = self.alpha.render(self.regressor.regress(fake)[0])
        compared = self.perceptual_loss(self.restore(clean, condition), inputs)
        losses = dict(
            loss_gan=self.weights['gan'] * self.generator_loss(fake),
            loss_perceptual=self.weights['perceptual'] *
            compared['normalized'],
            **self.discriminator_losses(drawn, fake))
        if self.finetune is not None:
            losses.update(self.regressor_losses(drawn, fake, poses, visible))
        losses['pixels'] = compared['raw']
        losses['redraw'] = (fake - clean).detach().square().mean()
        return losses

    def check_batch(self, condition, poses) -> None:
        """Refuse a batch without its unlabelled halves."""
        if condition is None:
            raise UserError(
                'KeypointGAN', 'condition', None,
                'wrap the images by UnpairedPoseImageDataset, which gives '
                'second views')
        if poses is None:
            raise UserError('KeypointGAN', 'custom_hooks', 'no PoseBankHook',
                            "add dict(type='PoseBankHook', poses=...) to it")

    def perceptual_loss(self, restored: Tensor, images: Tensor) -> dict:
        """Gamma's comparison, see ``NormalizedPerceptualLoss``."""
        with self.precision():
            return self.perceptual(restored, images)

    def generator_loss(self, fake: Tensor) -> Tensor:
        """LSGAN loss of the backbone; D passes gradients, takes none."""
        judge = unwrap(self.discriminator)
        with frozen(judge), self.precision():
            scores = judge(fake)
        return lsgan_loss(scores, 1.)

    def discriminator_losses(self, drawn: Tensor, fake: Tensor) -> dict:
        """LSGAN loss of D on drawings and pooled fakes, in one pass."""
        pooled = self.pool.query(fake, int(self.iteration))
        with self.precision():
            scores = self.discriminator(torch.cat([drawn, pooled]))
        real, old = zip(*(s.chunk(2) for s in scores))
        loss = (lsgan_loss(real, 1.) + lsgan_loss(old, 0.)) / 2

        def mean(maps):
            return torch.stack([m.detach().float().mean() for m in maps])

        return dict(loss_d=loss, real=mean(real).mean(), fake=mean(old).mean())

    def regressor_losses(self, drawn: Tensor, fake: Tensor, poses: Tensor,
                         visible: Optional[Tensor]) -> dict:
        """beta's own losses on drawings and, detached, on fakes."""
        read = self.regressor.regress(torch.cat([drawn, fake.detach()]))[0]
        own, other = read.chunk(2)
        error = (own - poses).square().mean(-1)
        if visible is not None:
            error = error * (visible > 0)
        redrawn = self.alpha.render(other)
        return dict(
            loss_beta_real=self.finetune['real'] * error.mean(),
            loss_beta_fake=self.finetune['fake'] *
            (redrawn - fake.detach()).square().mean())

    def train_step(self, data: dict, optim_wrapper) -> Dict[str, Tensor]:
        """One step of all networks.

        Args:
            data (dict): A batch of ``UnpairedPoseImageDataset`` to which
                ``PoseBankHook`` added poses.
            optim_wrapper (OptimWrapperDict): ``generator`` (backbone and
                decoder), ``discriminator``, and ``regressor`` with
                ``finetune``.

        Returns:
            dict[str, Tensor]: For the log.
        """
        names = ['generator', 'discriminator']
        names += ['regressor'] if self.finetune is not None else []
        PoseGenerationModel.check_optimisers(self, optim_wrapper, *names)
        data = self.data_preprocessor(data, True)
        log = self.step(data, [optim_wrapper[name] for name in names])
        self.shown = data['inputs'], data['condition']
        return log

    def step(self, data: dict, wrappers: Sequence) -> Dict[str, Tensor]:
        """Losses, one backward pass, and a step of each optimiser."""
        total, log = self.parse_losses(self(**data, mode='loss'))
        wrappers[0].backward(total)
        for wrapper in wrappers:
            wrapper.step()
            wrapper.zero_grad()
        self.iteration += 1
        return log

    # -- use --------------------------------------------------------------
    def _forward(self, inputs: Tensor, data_samples=None) -> tuple:
        """Skeleton images (N, 3, S, S), keypoints (N, K, 2) in canvas
        coordinates, scores (N, K) in (0, 1]."""
        skeletons = self.translate(inputs)
        keypoints, scores = self.regressor.regress(skeletons)
        if self.left_right is not None:
            keypoints, scores = self.left_right(keypoints, scores)
        return skeletons, keypoints, scores

    def predict(self, inputs: Tensor, data_samples):
        """One pose for each crop, in image coordinates; see MMPose's."""
        _, keypoints, scores = self._forward(inputs)
        pixels = canvas_to_pixels(keypoints, self.size).cpu().numpy()
        instances = [
            InstanceData(keypoints=p[None], keypoint_scores=s[None])
            for p, s in zip(pixels, scores.cpu().numpy())
        ]
        return self.add_pred_to_datasample(instances, None, data_samples)

    @torch.no_grad()
    def preview(self, n: int) -> Dict[str, Tensor]:
        """Rows of image, y, y*, overlay, x_hat and x' of the last batch."""
        if not hasattr(self, 'shown'):
            return {}
        images, condition = (part[:n] for part in self.shown)
        skeletons, keypoints, _ = self._forward(images)
        clean = self.alpha.render(keypoints)
        overlay = torch.where(
            clean.amax(1, keepdim=True) > -0.5, clean, images)
        rows = [images, skeletons, clean, overlay,
                self.restore(clean, condition), condition]
        return dict(rows=torch.stack(rows, 1).flatten(0, 1))
