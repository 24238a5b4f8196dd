"""What estimators share that learn from labelled and unlabelled images."""
from contextlib import nullcontext
from typing import Optional, Sequence, Tuple

import numpy as np
import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor

from flexpose_mm.errors import UserError
from ..seeding import seeded_generator
from .heatmaps import keypoint_maps
from .views import color_jitter, map_matrix, transform_points, warp


class DomainAdaptationEstimator(TopdownPoseEstimator):
    """Base of ``RegDA`` and ``UDAPE``.

    Batches are those of ``DomainPairDataset``; random views are drawn here,
    fixed by (seed, iteration), so that pipelines have no random part.
    Target labels are never read in training.

    Args:
        pretrain_iters (int): Iterations on the source alone, before
            adaptation.
        seed (int): Of views, styles and occlusions.
        stride (int): Input pixels of a cell of the heatmaps.
        sigma (float): Of labels, in cells.
        jitter (float): Of brightness, contrast and saturation.
        autocast (str, optional): 'bfloat16' computes the networks in mixed
            precision in training; the last layer of a head is in float32
            all the same, since rounded heatmaps have several equal maxima.
        channels_last (bool): Memory format of the networks.
        **kwargs: As ``TopdownPoseEstimator``.

    Raises:
        UserError: Arguments out of range, or ``flip_test``.
    """

    def __init__(self,
                 *args,
                 pretrain_iters: int = 0,
                 seed: int = 0,
                 stride: int = 4,
                 sigma: float = 2.,
                 jitter: float = .25,
                 autocast: Optional[str] = None,
                 channels_last: bool = False,
                 data_preprocessor: Optional[dict] = None,
                 **kwargs):
        if isinstance(data_preprocessor, dict):  # needs no default scope
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(*args, data_preprocessor=data_preprocessor, **kwargs)
        where = type(self).__name__
        for name, value, least in (('pretrain_iters', pretrain_iters, 0),
                                   ('seed', seed, 0), ('stride', stride, 1)):
            if not isinstance(value, int) or value < least:
                raise UserError(where, name, value,
                                f'give a whole number of at least {least}')
        if self.test_cfg.get('flip_test'):
            raise UserError(where, 'test_cfg.flip_test', True,
                            'set it to False; the method has none')
        if not hasattr(self.data_preprocessor, 'normalize'):
            raise UserError(
                where, 'data_preprocessor.type',
                type(self.data_preprocessor).__name__,
                "give dict(type='DomainPairPreprocessor', mean=, std=)")
        if autocast not in (None, 'bfloat16'):
            raise UserError(where, 'autocast', autocast,
                            "give None or 'bfloat16'")
        if autocast and not hasattr(self.head, 'final_layer'):
            raise UserError(where, 'autocast', autocast,
                            'the head has no final_layer to be left in '
                            "float32; use 'HeatmapHead' or leave it out")
        self.autocast, self.channels_last = autocast, channels_last
        self.pretrain_iters, self.seed = pretrain_iters, seed
        self.stride, self.sigma, self.jitter = stride, sigma, jitter
        self.register_buffer('iteration', torch.zeros((), dtype=torch.long))

    @property
    def pretraining(self) -> bool:
        """Whether the next step, or the model to test, is the source's."""
        return int(self.iteration) < self.pretrain_iters

    def rng(self, stream: int) -> torch.Generator:
        """Generator of this iteration for one purpose."""
        return seeded_generator(self.seed, int(self.iteration), stream)

    # -- the networks --------------------------------------------------
    def precision(self):
        """The autocast context that the networks train in."""
        if self.autocast is None or not self.training:
            return nullcontext()
        return torch.autocast(self.iteration.device.type, torch.bfloat16)

    def regress(self, head, feature: Tensor) -> Tensor:
        """Heatmaps (B, K, h, w) of what follows a head's deconvolutions."""
        with self.precision():
            feature = head.conv_layers(feature)
        return head.final_layer(feature.float())

    def to_memory_format(self) -> None:
        """Apply ``channels_last`` once all networks are built."""
        if self.channels_last:
            self.to(memory_format=torch.channels_last)

    # -- batches -------------------------------------------------------
    def forward(self, inputs, data_samples=None, mode: str = 'tensor'):
        """As MMPose's; training goes through ``train_step``."""
        if mode == 'loss':
            raise UserError(
                type(self).__name__, 'launcher', mode,
                'this method trains in one process; start tools/train.py '
                'without a launcher')
        return super().forward(inputs, data_samples, mode)

    def prepare(self, data: dict) -> Tuple[dict, dict]:
        """Source and target branch of a batch, on the device.

        Raises:
            UserError: A batch of another kind of dataset.
        """
        if not isinstance(data, dict) or 'source' not in data:
            raise UserError(
                type(self).__name__, 'train_dataloader.dataset',
                sorted(data) if isinstance(data, dict) else type(data),
                "give dict(type='DomainPairDataset', source=, target=)")
        data = self.data_preprocessor(data, True)
        sides = {tuple(data[name]['inputs'].shape[-2:])
                 for name in ('source', 'target')}
        side = next(iter(sides))
        if len(sides) > 1 or side[0] != side[1] or side[0] % self.stride:
            raise UserError(
                type(self).__name__, 'input_size', sorted(sides),
                'give both domains one square input_size, a multiple of '
                f'{self.stride}')
        return data['source'], data['target']

    def view(self, images: Tensor, matrix: Tensor, stream: int) -> Tensor:
        """Images through a view, with jitter, normalized."""
        seen = warp(images, matrix)
        seen = color_jitter(seen, self.jitter, self.rng(stream))
        return self.data_preprocessor.normalize(seen)

    def labels(self, branch: dict, matrix: Tensor) -> Tuple[Tensor, Tensor]:
        """Heatmaps (B, K, h, w) and weights (B, K) of a view.

        Raises:
            UserError: The pipeline did not pack what is needed.
        """
        instances = [s.gt_instances for s in branch['data_samples']]
        if 'transformed_keypoints' not in instances[0]:
            raise UserError(
                type(self).__name__, 'pipeline', sorted(instances[0].keys()),
                'end the source pipeline with dict(type='
                "'PackPoseInputs', pack_transformed=True)")
        images = branch['inputs']

        def stack(name: str) -> Tensor:
            rows = np.concatenate([i[name] for i in instances])
            return torch.from_numpy(np.asarray(rows, np.float32)).to(
                images.device)

        seen = stack('keypoints_visible')
        seen = seen.prod(-1) if seen.ndim == 3 else seen
        points = transform_points(stack('transformed_keypoints'), matrix)
        side = images.shape[-1] // self.stride
        return keypoint_maps(points, seen, self.stride, (side, side),
                             self.sigma)

    def unwarp(self, maps: Tensor, matrix: Tensor) -> Tensor:
        """Maps of a view back in the image that it was taken of."""
        back = torch.linalg.inv(map_matrix(matrix, self.stride))
        return warp(maps, back, 'nearest')

    def predict_by(self, head, feats, data_samples):
        """Predictions of another head than ``self.head``."""
        found = head.predict(feats, data_samples, test_cfg=self.test_cfg)
        found, fields = found if isinstance(found, tuple) else (found, None)
        return self.add_pred_to_datasample(found, fields, data_samples)


def joint_mask(num_joints: int, ignored: Sequence[int]) -> Tensor:
    """(K,) float32, 0 for joints that a domain does not have.

    Raises:
        UserError: Joints that do not exist.
    """
    mask = torch.ones(num_joints)
    for joint in ignored:
        if joint not in range(num_joints):
            raise UserError('domain adaptation', 'absent_target_joints',
                            tuple(ignored),
                            f'name joints of 0..{num_joints - 1}')
        mask[joint] = 0
    return mask
