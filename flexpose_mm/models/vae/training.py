"""Training of the pose VAE: minutes at most, so it needs no runner."""
import math
import time
from typing import Callable, Optional

import numpy as np
import torch
from torch import Tensor

from flexpose_mm.errors import UserError
from .functional import standardize_poses
from .pose_vae import PoseVAE

EPOCHS = 50
STEPS = (2000, 20000)  # at least, at most


def default_steps(num_poses: int, batch_size: int = 256) -> int:
    """Steps of 50 epochs, but no less than 2000 and no more than 20000."""
    epochs = EPOCHS * math.ceil(num_poses / batch_size)
    return min(max(epochs, STEPS[0]), STEPS[1])


def _batch(model: PoseVAE, step: int, total: int, size: int,
           mask_prob: float):
    """Rows, noise and shown joints of a step: fixed by seed and step."""
    rng = torch.Generator().manual_seed(model.seed * 1_000_003 + step)
    rows = torch.randint(total, (size, ), generator=rng)
    noise = torch.randn(size, model.latent_dims, generator=rng)
    shown = torch.rand(size, model.num_joints, generator=rng) >= mask_prob
    return rows, noise, shown


def train_pose_vae(model: PoseVAE,
                   poses: np.ndarray,
                   visible: Optional[np.ndarray] = None,
                   steps: Optional[int] = None,
                   batch_size: int = 256,
                   lr: float = 1e-3,
                   mask_prob: float = .1,
                   log: Callable[[str], None] = lambda line: None) -> PoseVAE:
    """Fit the VAE to poses; equal seeds and poses give equal weights.

    Adam with a cosine to 0; lambda rises from 0 over the first tenth of the
    steps; each joint is hidden from the encoder, but not from the loss, with
    probability ``mask_prob``, so that poses with missing joints score alike.

    Args:
        model (PoseVAE): Trained in place.
        poses (np.ndarray): (N, K, 2), any unit, all usable.
        visible (np.ndarray, optional): (N, K), > 0 = present; None: all.
        steps (int, optional): None: see :func:`default_steps`.
        batch_size (int): Poses of a step, drawn with replacement.
        lr (float): Initial learning rate.
        mask_prob (float): See above.
        log (Callable): Gets a line of progress ten times.

    Returns:
        PoseVAE: ``model`` in evaluation mode.

    Raises:
        UserError: Other joints, steps below 1, no poses, poses all equal.
    """
    model.check_joints(poses)
    steps = default_steps(len(poses), batch_size) if steps is None else steps
    for name, value in (('steps', steps), ('batch_size', batch_size),
                        ('poses', len(poses))):
        if value < 1:
            raise UserError('train_pose_vae', name, value,
                            'give at least 1')
    visible = np.ones(poses.shape[:2], np.float32) if visible is None \
        else visible
    check_variety(poses, visible)
    optimizer = torch.optim.Adam(model.parameters(), lr)
    model.train()
    start = time.time()
    for step in range(steps):
        done = step / steps
        optimizer.param_groups[0]['lr'] = lr * .5 * (
            1 + math.cos(math.pi * done))
        rows, noise, shown = _batch(model, step, len(poses), batch_size,
                                    mask_prob)
        losses = model.losses(
            *_take(poses, visible, rows, model), noise.to(_device(model)),
            shown.to(_device(model)), kl_scale=min(1., 10 * done))
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        if (step + 1) % max(steps // 10, 1) == 0:
            left = (time.time() - start) / (step + 1) * (steps - step - 1)
            log(f'PoseVAE: step {step + 1} of {steps}, ' + ', '.join(
                f'{k} {v.item():.4f}'
                for k, v in losses.items()) + f', eta {left:.0f} s')
    return model.eval()


def _device(model: PoseVAE) -> torch.device:
    return next(model.parameters()).device


def _take(poses, visible, rows: Tensor, model: PoseVAE):
    """Rows of the arrays on the model's device."""
    rows = rows.numpy()
    return (torch.from_numpy(np.asarray(poses[rows], np.float32)).to(
        _device(model)), torch.from_numpy(
            np.asarray(visible[rows], np.float32)).to(_device(model)))


def check_variety(poses: np.ndarray, visible: np.ndarray) -> None:
    """Raise UserError if all poses are the same up to place and size."""
    some = np.linspace(0, len(poses) - 1, min(len(poses), 4096)).astype(int)
    pose, _ = standardize_poses(
        torch.from_numpy(np.asarray(poses[some])),
        torch.from_numpy(np.asarray(visible[some])))
    if pose.std(0, unbiased=False).max() < 1e-5:
        raise UserError(
            'PoseVAE', 'poses', np.asarray(poses[0]).tolist(),
            'all poses are the same up to place and size, so none is more '
            'difficult than another; give poses that differ')
