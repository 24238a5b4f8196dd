"""What an adapter minimises on a batch: the terms that its config lists."""
from typing import Dict

import torch
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.errors import UserError
from flexpose_mm.models.perceptual import perceptual_loss


def spread_loss(x: Tensor, y: Tensor) -> Tensor:
    """2 E|x - y| - E|x - x'|: the energy distance less a constant of y.

    Its minimum over distributions of x is that of y (Szekely and Rizzo
    2013). Unbiased in both samples.

    Args:
        x (Tensor): (n, d), n >= 2.
        y (Tensor): (m, d).

    Returns:
        Tensor: Scalar, in the unit of the coordinates.
    """
    within = torch.cdist(x, x).sum() / (len(x) * (len(x) - 1))
    return 2 * torch.cdist(x, y).mean() - within


@MODELS.register_module()
class PerceptualTerm:
    """Eq. 5: distance of Gamma's features of g_t(z) and alpha(y).

    Args:
        weight (float): Of the loss.
    """

    def __init__(self, weight: float = 1.):
        self.weight = check_weight('PerceptualTerm', 'weight', weight)

    def check(self, adapter) -> None:
        """Any adapter has Gamma."""

    def __call__(self, adapter, images: Tensor,
                 rows: Tensor) -> Dict[str, Tensor]:
        loss = perceptual_loss(
            adapter.extract(images), adapter.target_features(rows))
        return dict(loss_perceptual=self.weight * loss)


@MODELS.register_module()
class KeypointTerm:
    """Poses that beta reads from g_t(z), against the target poses.

    Not in the paper. Limbs that do not overlap give features little slope,
    coordinates do. Squared errors shrink what cannot be fitted towards the
    mean; the second part compares poses as sets and gives the spread back.

    Args:
        weight (float): Of the mean squared error, canvas units.
        spread_weight (float): Of ``spread_loss`` against all target poses.
    """

    def __init__(self, weight: float = 10., spread_weight: float = 1.):
        where = 'KeypointTerm'
        self.weight = check_weight(where, 'weight', weight)
        self.spread_weight = check_weight(where, 'spread_weight',
                                          spread_weight)

    def check(self, adapter) -> None:
        """Refuse an adapter without beta."""
        if adapter.regressor is None:
            raise UserError(
                type(adapter).__name__, 'terms', 'KeypointTerm',
                'it reads poses with beta; give regressor=')

    def __call__(self, adapter, images: Tensor,
                 rows: Tensor) -> Dict[str, Tensor]:
        read = adapter.regressor.regress(images)[0]
        poses, visible = adapter.targets
        seen = (visible[rows] > 0)[..., None]
        error = torch.where(seen, read - poses[rows], torch.zeros_like(read))
        mean = error.square().sum() / seen.expand_as(error).sum().clamp_min(1)
        losses = dict(loss_keypoint=self.weight * mean)
        complete = poses[(visible > 0).all(1)]
        if self.spread_weight and len(read) > 1 and len(complete):
            losses['loss_spread'] = self.spread_weight * spread_loss(
                read.flatten(1), complete.flatten(1))
        return losses


def check_weight(where: str, field: str, value: float) -> float:
    """Refuse a negative weight, or one that is no number."""
    if not isinstance(value, (int, float)) or not value >= 0:
        raise UserError(where, field, value, 'give 0 or more')
    return value
