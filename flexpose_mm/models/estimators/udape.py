"""UDAPE: a mean teacher on stylised target images."""
import copy
from typing import Callable, Dict, Optional, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from ..uda.base import DomainAdaptationEstimator
from ..uda.consistency import (confident_joints, consistency_loss, ema_update,
                               occlude_joints)
from ..uda.heatmaps import argmax_cells, gaussian_maps, heatmap_mse
from ..uda.views import draw_affines, draw_crops, warp


@MODELS.register_module()
class UDAPE(DomainAdaptationEstimator):
    """UDAPE (Kim et al., ECCV 2022) on MMPose's backbones and heads.

    For ``pretrain_iters`` iterations the student learns on source images,
    half of the batches in the style of target images. Then a teacher, its
    exponential mean, labels one view of each target image, and the student
    has to agree in another view, on the joints that the teacher is sure of;
    sure joints are at times covered in the student's view. Target images
    get the source's style for the teacher at times.

    The teacher's batch normalization follows target images, and it is the
    model that is tested once adaptation has begun. The published code warps
    maps back with rounding; here the inverse is exact.

    Args:
        backbone (dict): Of MMPose.
        head (dict): ``HeatmapHead`` or another that gives (B, K, h, w).
        style (dict, optional): ``AdaINStyle``; None leaves styles alone.
        style_probability (float): Of a batch and direction.
        consistency (float): lambda_c.
        confident_share (float): Share of joints that are left out as the
            teacher is least sure of them.
        alpha (float): Of the teacher's mean.
        occlusion (float): Probability that an image with a sure joint has
            one covered.
        sure (float): Activation from which on a joint is sure.
        rotation, shear, translate, scale: See ``draw_affines``.
        crop_area (tuple): Range of the base crop's share of the area.
        **kwargs: ``data_preprocessor``, ``test_cfg``, ``pretrain_iters``,
            ``seed``, ``stride``, ``sigma``, ``jitter``, ``autocast``,
            ``channels_last``.

    Raises:
        UserError: Arguments out of range.
    """

    def __init__(self,
                 backbone: dict,
                 head: dict,
                 style: Optional[dict] = None,
                 style_probability: float = .5,
                 consistency: float = 1.,
                 confident_share: float = .5,
                 alpha: float = .999,
                 occlusion: float = .5,
                 sure: float = .9,
                 rotation: float = 60.,
                 shear: float = 30.,
                 translate: float = .05,
                 scale: Sequence[float] = (.6, 1.3),
                 crop_area: Sequence[float] = (.6, 1.),
                 **kwargs):
        super().__init__(backbone=backbone, head=head, **kwargs)
        for name, value in (('style_probability', style_probability),
                            ('confident_share', confident_share),
                            ('alpha', alpha), ('occlusion', occlusion)):
            if not 0 <= value <= 1:
                raise UserError('UDAPE', name, value, 'give 0 to 1')
        self.teacher = nn.ModuleDict(
            dict(
                backbone=copy.deepcopy(self.backbone),
                head=copy.deepcopy(self.head)))
        self.teacher.requires_grad_(False)
        self.style = None if style is None else MODELS.build(style)
        self.style_probability, self.consistency = (style_probability,
                                                    consistency)
        self.confident_share, self.alpha = confident_share, alpha
        self.occlusion, self.sure = occlusion, sure
        self.affine = dict(rotation=rotation, shear=shear,
                           translate=translate, scale=tuple(scale))
        self.crop_area = tuple(crop_area)
        self.to_memory_format()

    # -- the networks --------------------------------------------------
    def maps(self, backbone: Callable, head: nn.Module,
             images: Tensor) -> Tensor:
        """Heatmaps (B, K, h, w) of normalized images."""
        if self.autocast is None:
            return head(backbone(images))
        with self.precision():
            feature = head.deconv_layers(backbone(images)[-1])
        return self.regress(head, feature)

    def student_maps(self, images: Tensor) -> Tensor:
        """The student's heatmaps."""
        return self.maps(self.extract_feat, self.head, images)

    @torch.no_grad()
    def teacher_maps(self, images: Tensor) -> Tensor:
        """The teacher's heatmaps, with the batch's own statistics in
        training."""
        return self.maps(self.teacher['backbone'], self.teacher['head'],
                         images)

    def begin_adaptation(self) -> None:
        """The teacher starts as the student, its statistics included."""
        for name in ('backbone', 'head'):
            self.teacher[name].load_state_dict(
                getattr(self, name).state_dict())

    def students(self):
        """Parameters in the teacher's order."""
        yield from self.backbone.parameters()
        yield from self.head.parameters()

    # -- training ------------------------------------------------------
    def train_step(self, data: dict, optim_wrapper) -> Dict[str, Tensor]:
        """One iteration on a batch of ``DomainPairDataset``.

        Args:
            data (dict): ``source`` and ``target`` as collated.
            optim_wrapper (OptimWrapper): Of the whole model.

        Returns:
            dict[str, Tensor]: Detached losses.
        """
        source, target = self.prepare(data)
        if int(self.iteration) == self.pretrain_iters:
            self.begin_adaptation()
        base, views = self.draw_target_views(target['inputs'])
        # in the pretraining it only lends its style
        teacher_view = self.view(target['inputs'], views[0] @ base, 1)
        with optim_wrapper.optim_context(self):
            losses = dict(
                loss_source=self.source_loss(source, teacher_view))
            if not self.pretraining:
                losses.update(
                    self.target_loss(source, target, base, views,
                                     teacher_view))
        optim_wrapper.update_params(sum(losses.values()))
        if not self.pretraining:
            ema_update(self.teacher.parameters(), self.students(),
                       self.alpha)
        self.iteration += 1
        return {name: loss.detach() for name, loss in losses.items()}

    def draw_target_views(self, images: Tensor):
        """The crop that teacher and student share, and a view of each."""
        n, size, rng = len(images), images.shape[-1], self.rng(0)
        base = draw_crops(n, size, rng, self.crop_area)
        return base, [draw_affines(n, size, rng, **self.affine)
                      for _ in range(2)]

    def stylize(self, content: Tensor, style: Tensor, stream: int) -> Tensor:
        """``content`` in the style of the other domain, or as it is."""
        coin, alpha = torch.rand(2, generator=self.rng(stream)).tolist()
        if self.style is None or coin >= self.style_probability:
            return content
        return self.style(content, style, alpha)

    def source_loss(self, source: dict, target_style: Tensor) -> Tensor:
        """Half the squared error on a view of the source."""
        images = source['inputs']
        n, size, rng = len(images), images.shape[-1], self.rng(2)
        crop = draw_crops(n, size, rng, self.crop_area)
        matrix = draw_affines(n, size, rng, **self.affine) @ crop
        label, weight = self.labels(source, matrix)
        view = self.stylize(self.view(images, matrix, 3), target_style, 4)
        return heatmap_mse(self.student_maps(view), label, weight)

    def target_loss(self, source: dict, target: dict, base: Tensor,
                    views: list, teacher_view: Tensor) -> dict:
        """lambda_c times the disagreement of student and teacher."""
        style = self.data_preprocessor.normalize(source['inputs'])
        maps = self.teacher_maps(self.stylize(teacher_view, style, 5))
        maps = self.unwarp(maps.float(), views[0])
        activation, cells = maps.amax((2, 3)), argmax_cells(maps)
        mask = confident_joints(activation, self.confident_share)
        label = gaussian_maps(cells, maps.shape[-2:], self.sigma)
        view = self.student_view(target['inputs'], base, views[1], cells,
                                 activation)
        output = self.unwarp(self.student_maps(view).float(), views[1])
        loss = consistency_loss(output, label, mask)
        return dict(loss_consistency=self.consistency * loss)

    def student_view(self, images: Tensor, base: Tensor, view: Tensor,
                     cells: Tensor, activation: Tensor) -> Tensor:
        """The crop with sure joints covered at times, then the affine."""
        cropped = occlude_joints(
            warp(images, base), cells, activation, self.stride, self.rng(6),
            self.sure, self.occlusion, max(images.shape[-1] * 10 // 256, 1))
        return self.view(cropped, view, 7)

    # -- testing -------------------------------------------------------
    def predict(self, inputs: Tensor, data_samples):
        """By the student while pretraining, then by the teacher."""
        # the teacher begins with the first step after the pretraining
        if int(self.iteration) <= self.pretrain_iters:
            return super().predict(inputs, data_samples)
        return self.predict_by(self.teacher['head'],
                               self.teacher['backbone'](inputs), data_samples)
