"""Batches of source and target images."""
import torch
from mmpose.models.data_preprocessors import PoseDataPreprocessor
from mmpose.registry import MODELS
from torch import Tensor

BRANCHES = ('source', 'target')


@MODELS.register_module()
class DomainPairPreprocessor(PoseDataPreprocessor):
    """Stacks the images of a ``DomainPairDataset``.

    Training batches come as (B, 3, S, S) float32 RGB from 0 to 255, since
    the model draws its random views before it calls :meth:`normalize`.
    Batches of one domain, as in evaluation, are MMPose's.

    Args:
        **kwargs: As ``PoseDataPreprocessor``; ``mean`` and ``std`` are
            those of the backbone.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Both branches, or MMPose's own."""
        if 'source' not in data:
            return super().forward(data, training)
        return {name: self._branch(data[name]) for name in BRANCHES}

    def _branch(self, branch: dict) -> dict:
        """Images on the device; labels are NumPy arrays and stay so, for
        MMEngine's ``cast_data`` would copy each sample."""
        images = torch.stack(list(branch['inputs'])).to(self.device).float()
        if self._channel_conversion:
            images = images.flip(1)
        return dict(branch, inputs=images)

    def normalize(self, images: Tensor) -> Tensor:
        """(x - mean) / std per channel."""
        return (images - self.mean) / self.std
