"""The last layer of beta: feature map to points with confidences."""
from typing import Optional, Sequence, Tuple

import torch
from mmpose.models.heads import IntegralRegressionHead
from mmpose.registry import MODELS
from torch import Tensor, nn

from .soft_argmax import (cell_centers, heatmap_spread, soft_argmax,
                          spread_to_score, target_heatmaps)


def heatmap_divergence(log_maps: Tensor, target: Tensor) -> Tensor:
    """KL(target || heatmap), averaged over images and joints.

    What makes the spread a confidence: where a place is ambiguous, the map
    that costs least is the posterior, as wide as the doubt.

    Args:
        log_maps (Tensor): (N, K, h, w) logarithms of the heatmaps.
        target (Tensor): (N, K, h, w), each map sums to one.

    Returns:
        Tensor: scalar.
    """
    known = torch.xlogy(target, target) - target * log_maps
    return known.sum(dim=(-2, -1)).mean()


@MODELS.register_module()
class SkeletonHeatmapHead(IntegralRegressionHead):
    """MMPose's integral head with exact cell centres and a confidence.

    Differs from its parent in three points: heatmap cells sit at their
    centres (the parent places them at their top-left corners), the heatmaps
    are drawn to Gaussians (to uniform maps for absent joints) so that their
    spread gives the joint's score, and the softmax may be KeypointGAN's
    separable one.

    Args:
        in_channels (int): Channels of the encoder's last map.
        num_joints (int): K.
        input_size (int): Side S of the square input in pixels.
        stride (int): S / side of the last map.
        separable (bool): See :func:`soft_argmax`.
        heatmap_weight (float): Weight of :func:`heatmap_divergence`.
        sigma (float): Standard deviation of a sure map in cells.
        loss (dict): Coordinate loss; squared error is FlexPose's eq. 9.
        decoder (dict, optional): Codec; ``RegressionLabel`` by default.
        init_cfg (dict, optional): MMEngine's initialization.
    """

    def __init__(self,
                 in_channels: int,
                 num_joints: int,
                 input_size: int = 64,
                 stride: int = 4,
                 separable: bool = False,
                 heatmap_weight: float = 0.1,
                 sigma: float = 0.6,
                 loss: dict = dict(
                     type='MSELoss', use_target_weight=True, loss_weight=100),
                 decoder: Optional[dict] = None,
                 init_cfg: Optional[dict] = None):
        cells = input_size // stride
        super().__init__(
            in_channels=in_channels,
            in_featuremap_size=(cells, cells),
            num_joints=num_joints,
            deconv_out_channels=None,
            loss=loss,
            decoder=decoder or dict(
                type='RegressionLabel', input_size=(input_size, input_size)),
            init_cfg=init_cfg or dict(type='Normal', layer='Conv2d', std=0.02))
        centers = cell_centers(cells, input_size)
        self.linspace_x = nn.Parameter(centers, requires_grad=False)
        self.linspace_y = nn.Parameter(centers.clone(), requires_grad=False)
        self.separable, self.heatmap_weight = separable, heatmap_weight
        self.variance = (sigma / cells)**2

    def forward(self, feats: Sequence[Tensor]) -> Tuple[Tensor, Tensor]:
        """Points and log heatmaps, always in float32.

        Args:
            feats (Sequence[Tensor]): Maps; the last one is read.

        Returns:
            tuple: coords (N, K, 2) in label units; log heatmaps
            (N, K, h, w).
        """
        # bfloat16 logits would quantize the expectation
        with torch.autocast(feats[-1].device.type, enabled=False):
            logits = self.final_layer(feats[-1].float())
            return soft_argmax(logits, self.linspace_x, self.linspace_y,
                               self.separable)

    def score(self, coords: Tensor, log_maps: Tensor) -> Tensor:
        """(N, K) confidence in (0, 1], falling in the heatmap's spread."""
        spread = heatmap_spread(log_maps.exp(), coords, self.linspace_x,
                                self.linspace_y)
        return spread_to_score(spread, self.variance)

    def loss(self, feats, batch_data_samples, train_cfg={}) -> dict:
        """Eq. 9 on the drawn joints, and the heatmaps of all of them."""
        coords, log_maps = self.forward(feats)
        labels = [d.gt_instance_labels for d in batch_data_samples]
        target = torch.cat([x.keypoint_labels for x in labels])
        weight = torch.cat([x.keypoint_weights for x in labels])
        drawn = weight.clamp(max=1)
        losses = dict(
            loss_kpt=self.loss_module(coords, target,
                                      weight.unsqueeze(-1).expand_as(coords)))
        if self.heatmap_weight > 0:
            maps = target_heatmaps(target, weight, self.linspace_x,
                                   self.linspace_y, self.variance)
            losses['loss_heatmap'] = self.heatmap_weight * heatmap_divergence(
                log_maps, maps)
        distance = ((coords.detach() - target).norm(dim=-1) * drawn).sum()
        losses['error_percent'] = 100 * distance / drawn.sum().clamp(min=1)
        return losses

    def predict(self, feats, batch_data_samples, test_cfg={}):
        """Predictions in crop pixels with scores, as ``InstanceData``."""
        coords, log_maps = self.forward(feats)
        doubt = 1 - self.score(coords, log_maps)
        # RegressionLabel turns a fourth and third column into 1 - score
        packed = torch.cat([coords, doubt[..., None], doubt[..., None]], -1)
        return self.decode(packed.unsqueeze(1).detach())
