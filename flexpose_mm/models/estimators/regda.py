"""RegDA: regressive domain adaptation for keypoint detection."""
from contextlib import contextmanager
from typing import Dict, Sequence

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapperDict
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from flexpose_mm.errors import UserError
from ..uda.base import DomainAdaptationEstimator, joint_mask
from ..uda.heatmaps import joints_kl
from ..uda.regression_disparity import (WARM_START_STEPS,
                                        regression_disparity, warm_start)
from ..uda.views import draw_affines, draw_crops

WRAPPERS = ('pretrain', 'feature', 'head', 'head_adv')


@contextmanager
def seen_twice(*modules: nn.Module):
    """Within, running statistics take a batch as if it came twice."""
    norms = [m for part in modules for m in part.modules()
             if isinstance(m, _BatchNorm) and m.training]
    momenta = [norm.momentum for norm in norms]
    try:
        for norm in norms:
            norm.momentum = 1 - (1 - norm.momentum)**2
        yield
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
            norm.num_batches_tracked += 1


@MODELS.register_module()
class RegDA(DomainAdaptationEstimator):
    """RegDA (Jiang et al., CVPR 2021) on MMPose's backbones and heads.

    ``backbone`` and the deconvolutions of ``head`` are the feature f; the
    rest of ``head`` is the main regressor, ``head_adv`` the adversarial one.
    For ``pretrain_iters`` iterations f and the 1x1 ``pretrain_head`` learn
    on the source. Then each iteration has three steps:

    A. source: f, head and head_adv fit labels and each other (``margin``
       times the disparity);
    B. target: head_adv moves to where the other joints are;
    C. target: f brings the moved head_adv back to what head says.

    The running statistics of f and head see the target batch twice, as in
    the published code, which has a forward pass for B and another for C.

    The gradient from head_adv into f is multiplied by c(i), see
    ``warm_start``.

    Args:
        backbone (dict): Of MMPose.
        head (dict): ``HeatmapHead`` with deconvolutions.
        head_adv (dict): ``HeatmapHead`` without, of the form of the main
            head's last layers.
        pretrain_head (dict): ``HeatmapHead`` without any but the last.
        margin (float): Of the source's disparity.
        trade_off (float): Weight of the disparity in all steps.
        warm_start_steps (float): Iterations in which c(i) rises from 0 to
            46 % of its limit.
        rotation (float): Largest rotation of source and target, degrees.
        crop_area (tuple): Range of the crop's share of the area.
        augment_target (bool): Whether target images get rotation and crop,
            too; the published code leaves LSP as it is.
        absent_target_joints (Sequence[int]): Joints that the target does
            not have (6 and 7 of LSP).
        **kwargs: ``data_preprocessor``, ``test_cfg``, ``pretrain_iters``,
            ``seed``, ``stride``, ``sigma``, ``jitter``, ``autocast``,
            ``channels_last``.

    Raises:
        UserError: Arguments out of range.
    """

    def __init__(self,
                 backbone: dict,
                 head: dict,
                 head_adv: dict,
                 pretrain_head: dict,
                 margin: float = 4.,
                 trade_off: float = 1.,
                 warm_start_steps: float = WARM_START_STEPS,
                 rotation: float = 30.,
                 crop_area: Sequence[float] = (.6, 1.),
                 augment_target: bool = True,
                 absent_target_joints: Sequence[int] = (),
                 **kwargs):
        super().__init__(backbone=backbone, head=head, **kwargs)
        if not 0 < crop_area[0] <= crop_area[1] <= 1:
            raise UserError('RegDA', 'crop_area', tuple(crop_area),
                            'give an ascending pair above 0 and up to 1')
        if not warm_start_steps > 0:
            raise UserError('RegDA', 'warm_start_steps', warm_start_steps,
                            'give a number above 0')
        self.head_adv = MODELS.build(head_adv)
        self.pretrain_head = MODELS.build(pretrain_head)
        self.margin, self.trade_off = margin, trade_off
        self.warm_start_steps = warm_start_steps
        self.rotation, self.crop_area = rotation, tuple(crop_area)
        self.augment_target = augment_target
        self.register_buffer(
            'target_weight',
            joint_mask(self.head.out_channels, absent_target_joints),
            persistent=False)
        self.to_memory_format()

    # -- the networks --------------------------------------------------
    def feature(self, images: Tensor) -> Tensor:
        """f: normalized images (B, 3, S, S) to (B, C, h, w)."""
        with self.precision():
            return self.head.deconv_layers(self.extract_feat(images)[-1])

    def main_head(self, feature: Tensor) -> Tensor:
        """Heatmaps (B, K, h, w)."""
        return self.regress(self.head, feature)

    def adversary(self, feature: Tensor) -> Tensor:
        """Heatmaps of the adversarial head, behind the gradient's brake."""
        step = int(self.iteration) - self.pretrain_iters
        return self.regress(
            self.head_adv, warm_start(feature, step, self.warm_start_steps))

    # -- training ------------------------------------------------------
    def draw_view(self, images: Tensor, stream: int,
                  augment: bool = True) -> Tensor:
        """Matrices (B, 3, 3): rotation, then crop."""
        n, size, rng = len(images), images.shape[-1], self.rng(stream)
        if not augment:
            return torch.eye(3, dtype=torch.float64).expand(n, 3, 3)
        turn = draw_affines(n, size, rng, rotation=self.rotation)
        return draw_crops(n, size, rng, self.crop_area) @ turn

    def train_step(self, data: dict, optim_wrapper) -> Dict[str, Tensor]:
        """One iteration on a batch of ``DomainPairDataset``.

        Args:
            data (dict): ``source`` and ``target`` as collated.
            optim_wrapper (OptimWrapperDict): 'pretrain', 'feature', 'head'
                and 'head_adv'.

        Returns:
            dict[str, Tensor]: Detached losses.
        """
        self.check_optimisers(optim_wrapper)
        source, target = self.prepare(data)
        matrix = self.draw_view(source['inputs'], 0)
        label, weight = self.labels(source, matrix)
        images = self.view(source['inputs'], matrix, 1)
        if self.pretraining:
            losses = self.pretrain_step(images, label, weight,
                                        optim_wrapper['pretrain'])
        else:
            matrix = self.draw_view(target['inputs'], 2, self.augment_target)
            losses = self.source_step(images, label, weight, optim_wrapper)
            losses.update(
                self.target_steps(
                    self.view(target['inputs'], matrix, 3), optim_wrapper))
        self.iteration += 1
        return {name: loss.detach() for name, loss in losses.items()}

    def pretrain_step(self, images, label, weight, wrapper) -> dict:
        """Source only: f and the 1x1 head."""
        maps = self.regress(self.pretrain_head, self.feature(images))
        loss = joints_kl(maps, label, weight)
        wrapper.update_params(loss)
        return dict(loss_source=loss)

    def source_step(self, images, label, weight, wrappers) -> dict:
        """Step A."""
        z = self.feature(images)
        main, adversary = self.main_head(z), self.adversary(z)
        loss = joints_kl(main, label, weight)
        disparity = regression_disparity(main, adversary, weight, 'min',
                                         self.sigma)
        parts = [wrappers[name] for name in WRAPPERS[1:]]
        for part in parts:
            part.zero_grad()
        (loss + self.margin * self.trade_off * disparity).backward()
        for part in parts:
            part.step()
        return dict(loss_source=loss, loss_disparity_source=disparity)

    def target_steps(self, images: Tensor, wrappers) -> dict:
        """Steps B and C."""
        weight = self.target_weight.expand(len(images), -1)
        # nothing of f and of the main head changes between B and C
        with seen_twice(self.backbone, self.head):
            z = self.feature(images)
            with torch.no_grad():
                main = self.main_head(z)
        false = self.trade_off * regression_disparity(
            main, self.adversary(z.detach()), weight, 'max', self.sigma)
        wrappers['head_adv'].zero_grad()
        false.backward()
        wrappers['head_adv'].step()
        truth = self.trade_off * regression_disparity(
            main, self.adversary(z), weight, 'min', self.sigma)
        wrappers['feature'].zero_grad()
        truth.backward()
        wrappers['feature'].step()
        return dict(loss_false=false, loss_truth=truth)

    def check_optimisers(self, optim_wrapper) -> None:
        """Refuse other optimisers than the four, and mixed precision."""
        given = sorted(optim_wrapper.keys()) \
            if isinstance(optim_wrapper, OptimWrapperDict) else None
        if given is None or set(WRAPPERS) - set(given):
            raise UserError(
                'RegDA', 'optim_wrapper', given,
                "give it constructor='MultiOptimWrapperConstructor' and an "
                f'entry for each of {list(WRAPPERS)}; see '
                'configs/_base_/models/regda.py')
        if any(isinstance(w, AmpOptimWrapper)
               for w in optim_wrapper.values()):
            raise UserError('RegDA', 'optim_wrapper.type', 'AmpOptimWrapper',
                            'its three steps are in float32; leave out --amp')

    # -- testing -------------------------------------------------------
    def predict(self, inputs: Tensor, data_samples):
        """By the main head; by the 1x1 head while pretraining."""
        if not self.pretraining:
            return super().predict(inputs, data_samples)
        return self.predict_by(self.pretrain_head, (self.feature(inputs), ),
                               data_samples)
