"""Stage 2 of PoSynDA: a source lifter adapts to unlabelled target 2D."""
from typing import Callable, Dict, Optional, Sequence

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.errors import UserError
from .clips import ClipBatch, need_camera
from .diffusion import GaussianDiffusion, sampling_times
from .draws import Draws
from .lora import inject_lora
from .pseudo_label import (ROOTS, SELECTIONS, check_choice,
                           reprojection_error, select_hypothesis,
                           take_hypothesis)
from .target_augmentation import augment_source
from .teacher import Teacher

_PAIRS, _TEACHER, _STUDENT = range(20, 23)  # streams of random numbers


@MODELS.register_module()
class PoSynDAAdaptation(BaseModule):
    """Algorithm 1. Each part of Table 3 is one argument; None leaves it out.

    Args:
        lora (dict, optional): ``rank`` of the low-rank updates. None trains
            all weights of the denoiser.
        bias (bool): Cross-dataset embedding, 3J numbers (Eq. 11).
        augmentation (dict, optional): ``pairing`` ('clip', the order of time
            stays, or 'frame', as released) and ``scale`` ('median' of a clip
            or 'frame') of F. None trains on the source as it is.
        hypotheses (int): H of the teacher; 1 is Table 3's row without
            multi-hypothesis (its figure is Table 6's at H = 1); 0 leaves out
            the target.
        steps (int): K of the teacher. 1: straight from noise, as in the
            paper.
        eta (float): DDIM's, for more steps than one.
        flip (bool): Mirror averaging in the teacher. The paper has none in
            training.
        select (str): Level at which a hypothesis is chosen: 'frame', as Eq.
            4 is per pose, 'joint' as released, or 'clip'.
        root (str): Where hypotheses stand for projection. The paper is
            silent: 'least_squares' or GPA's 'depth' need no truth; 'gt', as
            released, leaks it.
        teacher (dict): ``momentum`` and ``interval`` of ``Teacher``; by
            default a hard copy in every iteration.
        projection_weights (Sequence[float]): Weights of the student's own
            reprojection error on source and target. (0, 0) in the paper,
            (0.1, 0.5) as released, there in pixels, here normalised.

    Raises:
        UserError: Arguments out of range.
    """

    def __init__(self,
                 lora: Optional[dict] = dict(rank=4),
                 bias: bool = True,
                 augmentation: Optional[dict] = dict(
                     pairing='clip', scale='median'),
                 hypotheses: int = 3,
                 steps: int = 1,
                 eta: float = 1.,
                 flip: bool = False,
                 select: str = 'frame',
                 root: str = 'least_squares',
                 teacher: dict = dict(momentum=0., interval=1),
                 projection_weights: Sequence[float] = (0., 0.),
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        where = 'PoSynDAAdaptation'
        check_choice(where, 'select', select, SELECTIONS)
        check_choice(where, 'root', root, ROOTS)
        if not isinstance(hypotheses, int) or hypotheses < 0:
            raise UserError(where, 'hypotheses', hypotheses,
                            'give a whole number >= 0')
        if len(projection_weights) != 2 or min(projection_weights) < 0:
            raise UserError(where, 'projection_weights', projection_weights,
                            'give two numbers >= 0, of source and target')
        self.lora, self.bias, self.augmentation = lora, bias, augmentation
        self.hypotheses, self.steps, self.eta = hypotheses, steps, eta
        self.flip, self.select, self.root = flip, select, root
        self.projection_weights = tuple(projection_weights)
        self.teacher = Teacher(**teacher)

    def attach(self, diffusion: GaussianDiffusion) -> None:
        """Add what learns to a source model, and freeze the rest."""
        sampling_times(diffusion.timesteps, self.steps)  # checks K
        if self.lora is not None:
            diffusion.requires_grad_(False)
            inject_lora(diffusion.pose_estimator, **self.lora)
        if self.bias:
            diffusion.add_bias()
        self.teacher.attach(diffusion)

    # -- the two halves of D_aug -------------------------------------------
    def augmented(self, source: ClipBatch, target: ClipBatch,
                  draws: Draws) -> ClipBatch:
        """D_aug^s: the source as the target's camera would see it (Eq. 3)."""
        if self.augmentation is None:
            return source
        moved = augment_source(
            source.poses,
            target.keypoints,
            need_camera(target.camera, 'target-specific augmentation'),
            target.weights,
            generator=draws.generator(_PAIRS),
            **self.augmentation)
        return source._replace(
            keypoints=moved.keypoints,
            weights=torch.ones_like(source.weights),
            camera=moved.camera,
            trajectory=moved.root)

    @torch.no_grad()
    def pseudo_label(self, diffusion: GaussianDiffusion, target: ClipBatch,
                     draws: Draws) -> Tensor:
        """(B, F, J, 3), the teacher's best hypothesis (Eqs. 4 and 5)."""
        frames, joints = target.keypoints.shape[1:3]
        noise = draws.normal(_TEACHER, self.steps, self.hypotheses, frames,
                             joints, 3)
        poses = self.teacher(
            diffusion, target.keypoints, noise, eta=self.eta,
            flip=self.flip)[:, -1]
        if self.hypotheses == 1:
            label = poses[:, 0]
        else:
            error = reprojection_error(
                poses, target.keypoints,
                need_camera(target.camera, 'choosing a hypothesis'),
                target.weights, self.root, target.trajectory)
            label = take_hypothesis(poses,
                                    select_hypothesis(error, self.select))
        label = label.clone()
        label[..., 0, :] = 0
        return label

    # -- the step ---------------------------------------------------------
    def loss(self, diffusion: GaussianDiffusion, criterion: Callable,
             source: ClipBatch, target: ClipBatch, draws: Draws) -> dict:
        """Losses of one iteration of Algorithm 1.

        Args:
            diffusion (GaussianDiffusion): The student.
            criterion (callable): Loss of (output, label, weights).
            source (ClipBatch): Labelled.
            target (ClipBatch): Its 2D only is read.
            draws (Draws): Random numbers of this iteration.

        Returns:
            dict: ``loss_pose`` and, if asked for, ``loss_projection``; the
            rest is for the log, metres.
        """
        if not diffusion.has_weights:
            raise UserError(
                'PoSynDALifter', 'backbone.checkpoint', None,
                'adaptation starts from a lifter trained on the source; give '
                'its checkpoint')
        self.teacher.update(diffusion, draws.iteration)
        halves = [self.augmented(source, target, draws)]
        if self.hypotheses:
            label = self.pseudo_label(diffusion, target, draws)
            halves.append(
                target._replace(
                    poses=label, visible=torch.ones_like(target.weights)))
        keypoints, labels, visible = (
            torch.cat([getattr(half, name) for half in halves])
            for name in ('keypoints', 'poses', 'visible'))
        noise = draws.normal(_STUDENT, len(halves), *labels.shape[1:])
        noise = noise.transpose(0, 1).flatten(0, 1)
        last = torch.full((len(labels), ), diffusion.timesteps - 1,
                          device=labels.device)
        output = diffusion.denoise(keypoints, noise, last)
        losses = dict(
            loss_pose=criterion(output, labels, visible))
        self._log(losses, output.detach() - labels)
        self._project(losses, output, halves)
        return losses

    def _log(self, losses: Dict[str, Tensor], apart: Tensor) -> None:
        """Distance from the labels of each half, metres."""
        size = len(apart) if not self.hypotheses else len(apart) // 2
        for name, part in zip(('source', 'pseudo'), apart.split(size)):
            losses[f'mpjpe_{name}'] = part.norm(dim=-1).mean()

    def _project(self, losses: Dict[str, Tensor], output: Tensor,
                 halves: Sequence[ClipBatch]) -> None:
        """Add the student's reprojection error, if it has a weight."""
        if not any(self.projection_weights):
            return
        parts = output.split(len(output) // len(halves))
        losses['loss_projection'] = sum(
            weight * _frame_errors(part, half).mean()
            for weight, part, half in zip(self.projection_weights, parts,
                                          halves))


def _frame_errors(poses: Tensor, clips: ClipBatch) -> Tensor:
    """Reprojection error of poses (B, F, J, 3); F's cameras are (B, F, 9),
    so every frame is taken as a clip of its own."""
    camera = need_camera(clips.camera, 'projection_weights')
    if camera.dim() == 2:
        camera = camera[:, None].expand(-1, poses.shape[1], -1)
    keypoints, weights = clips.keypoints, clips.weights
    return reprojection_error(
        poses.flatten(0, 1)[:, None, None],
        keypoints.flatten(0, 1)[:, None], camera.flatten(0, 1),
        weights.flatten(0, 1)[:, None])
