"""beta: skeleton image to keypoints, as an MMPose top-down estimator."""
from contextlib import nullcontext
from typing import List, Optional, Tuple

import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.checkpoints import check_meta, decode_meta, encode_meta
from flexpose_mm.errors import UserError
from .soft_argmax import label_to_canvas
from .weights import load_regressor


def autocast(device: torch.device, dtype: Optional[str]):
    """Autocast of that name on that device; None leaves float32 alone."""
    if dtype is None:
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, dtype))


def check_dtype(where: str, dtype: Optional[str]) -> Optional[str]:
    """Refuse everything but None and 'bfloat16'."""
    if dtype not in (None, 'bfloat16'):
        raise UserError(where, 'dtype', dtype, "choose None or 'bfloat16'")
    return dtype


@MODELS.register_module()
class SkeletonRegressor(TopdownPoseEstimator):
    """The regressor beta of FlexPose (AAAI-25, eq. 8 and 9).

    Trained and tested like any top-down estimator. :meth:`regress` and
    :meth:`stages` are the short ways for the adapters and the sampler, which
    hold tensors and no data samples.

    Args:
        backbone (dict): ``SkeletonEncoder``.
        head (dict): ``SkeletonHeatmapHead``.
        size (int): Side S of the input images in pixels.
        dtype (str, optional): Autocast type of the encoder, in training,
            too (MMEngine's AmpOptimWrapper refuses CPUs): None (float32) or
            'bfloat16'. Heatmaps and losses are always float32.
        checkpoint (str, optional): Weights, loaded strictly on construction
            and kept through ``init_weights``.
        kwargs: As ``TopdownPoseEstimator``. ``test_cfg.flip_test`` is
            refused: a mirrored skeleton has its limbs' colours exchanged.
    """

    def __init__(self,
                 backbone: dict,
                 head: dict,
                 size: int = 64,
                 dtype: Optional[str] = None,
                 checkpoint: Optional[str] = None,
                 **kwargs):
        cells = size // 2**(len(backbone['widths']) - 1)
        head = dict(head, input_size=size, stride=size // max(cells, 1))
        if cells < 2 or size % cells:
            raise UserError('SkeletonRegressor', 'size', size,
                            'give a power of two that leaves at least a '
                            '2x2 map after the stages of backbone.widths')
        if (kwargs.get('test_cfg') or {}).get('flip_test'):
            raise UserError('SkeletonRegressor', 'flip_test', True,
                            'set it to False, mirroring exchanges colours')
        preprocessor = kwargs.pop('data_preprocessor', None)
        if isinstance(preprocessor, dict):  # needs no default scope this way
            preprocessor = MODELS.build(preprocessor)
        super().__init__(
            backbone=backbone,
            head=head,
            data_preprocessor=preprocessor,
            **kwargs)
        skeleton = getattr(self.data_preprocessor, 'skeleton', None)
        if skeleton and skeleton.num_joints != self.head.num_joints:
            raise UserError(
                'SkeletonRegressor', 'head.num_joints', self.head.num_joints,
                f'{skeleton.name} has {skeleton.num_joints} joints')
        self.size = size
        self.dtype = check_dtype('SkeletonRegressor', dtype)
        self.trained_on, self.loaded = {}, checkpoint is not None
        if self.loaded:
            self.trained_on = load_regressor(self, checkpoint)

    def init_weights(self) -> None:
        """As the configs of the parts say, unless a checkpoint was loaded."""
        if not self.loaded:
            super().init_weights()

    @property
    def canvas(self) -> dict:
        """dict: What the images must be like; saved with the weights."""
        own = dict(size=self.size)
        return {
            **self.trained_on,
            **getattr(self.data_preprocessor, 'meta', own)
        }

    def get_extra_state(self) -> Tensor:
        return encode_meta(self.canvas)

    def set_extra_state(self, state: Tensor) -> None:
        saved = decode_meta(state)
        check_meta(saved, self.canvas, 'checkpoint of beta')
        self.trained_on = saved

    @property
    def num_joints(self) -> int:
        """K."""
        return self.head.num_joints

    def extract_feat(self, inputs: Tensor) -> Tuple[Tensor]:
        """The encoder's last map, under ``dtype``."""
        with autocast(inputs.device, self.dtype):
            return super().extract_feat(inputs)

    def regress(self, images: Tensor) -> Tuple[Tensor, Tensor]:
        """Read poses from skeleton images.

        Args:
            images (Tensor): (N, 3, S, S) in [-1, 1], RGB.

        Returns:
            tuple: keypoints (N, K, 2) float32 in canvas coordinates and
            scores (N, K) float32 in (0, 1].
        """
        if images.shape[-2:] != (self.size, self.size):
            raise UserError('SkeletonRegressor', 'images',
                            tuple(images.shape),
                            f'give images of {self.size} x {self.size} px')
        feats = self.extract_feat(images)
        coords, log_maps = self.head(feats)
        scores = self.head.score(coords, log_maps)
        return label_to_canvas(coords, self.size), scores

    def add_pred_to_datasample(self, batch_pred_instances,
                               batch_pred_fields, batch_data_samples):
        """As MMPose's; samples of ``PackPose`` have no image to map back to,
        their predictions are canvas coordinates like their labels."""
        if 'input_center' in batch_data_samples[0]:
            return super().add_pred_to_datasample(
                batch_pred_instances, batch_pred_fields, batch_data_samples)
        for pred, sample in zip(batch_pred_instances, batch_data_samples):
            labels = pred.keypoints / self.size
            pred.keypoints = label_to_canvas(labels, self.size)
            sample.pred_instances = pred
        return batch_data_samples

    def stages(self, images: Tensor) -> List[Tensor]:
        """The encoder's feature maps, finest first, differentiable.

        Args:
            images (Tensor): (N, 3, S, S) in [-1, 1].

        Returns:
            list[Tensor]: (N, C_i, S / 2**i, S / 2**i).
        """
        with autocast(images.device, self.dtype):
            return self.backbone.stages(images)
