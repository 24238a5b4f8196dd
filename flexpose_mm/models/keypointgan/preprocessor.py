"""Images, second views and bank poses of a batch, on the device."""
import torch
from mmpose.models import PoseDataPreprocessor
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.errors import UserError


@MODELS.register_module()
class ImagePairPreprocessor(PoseDataPreprocessor):
    """MMPose's preprocessor for RGB in [-1, 1] that also takes second views.

    Args:
        bgr_to_rgb (bool): As MMPose's ``LoadImage`` gives BGR.
        **kwargs: As ``PoseDataPreprocessor``, mean and std excepted.

    Returns (of ``forward``):
        dict: ``inputs`` (N, 3, S, S) float32 in [-1, 1] and ``data_samples``;
        if the batch has them, ``condition`` like ``inputs``, ``poses``
        (N, K, 2) float32 canvas and ``visible`` (N, K) float32.
    """

    def __init__(self, bgr_to_rgb: bool = True, **kwargs):
        super().__init__(
            mean=[127.5] * 3,
            std=[127.5] * 3,
            bgr_to_rgb=bgr_to_rgb,
            **kwargs)
        self.bgr_to_rgb = bgr_to_rgb

    def forward(self, data: dict, training: bool = False) -> dict:
        data = self.cast_data(data)
        self.check(data['inputs'])
        out = super().forward(
            dict(inputs=data['inputs'], data_samples=data['data_samples']),
            training)
        if 'condition' in data:
            out['condition'] = self.scale(data['condition'])
        for key in ('poses', 'visible'):
            if key in data:
                out[key] = torch.as_tensor(data[key]).float()
        return out

    @staticmethod
    def check(images) -> None:
        """Refuse a batch that cannot be stacked."""
        shapes = {tuple(image.shape) for image in images}
        if len(shapes) > 1 or any(s[0] != 3 for s in shapes):
            raise UserError(
                'ImagePairPreprocessor', 'inputs', sorted(shapes),
                'images must be (3, S, S) of one size; crop them with '
                'TopdownAffine(input_size=(S, S)) and load them in colour')

    def scale(self, images) -> Tensor:
        """uint8 images to float32 in [-1, 1], RGB."""
        if not isinstance(images, Tensor):
            images = torch.stack(list(images))
        images = images.float() / 127.5 - 1
        return images.flip(1) if self.bgr_to_rgb else images
