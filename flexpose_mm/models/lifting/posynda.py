"""PoSynDA (Liu et al., ACM MM 2023) as an MMPose lifter."""
from typing import List, Optional, Sequence, Union

import torch
from mmpose.models.pose_estimators.base import BasePoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor, nn

from flexpose_mm.errors import UserError, check_seed
from .aggregation import AGGREGATIONS
from .clips import ClipBatch, check_keypoints, read_clips
from .diffusion import sampling_times
from .draws import Draws, sample_noise
from .pseudo_label import check_choice

TEST_CFG = dict(
    hypotheses=1,
    steps=1,
    eta=1.,
    flip=True,
    aggregation='mean',
    keep_hypotheses=False)
_TIMES, _NOISE = range(2)  # streams of random numbers


@MODELS.register_module()
class PoSynDALifter(BasePoseEstimator):
    """Lifts clips of 2D keypoints by diffusion; adapts to a target domain.

    Without ``adaptation`` it is trained as D3DP on labelled clips: one
    random time per clip, noise per joint, mean joint distance. With it,
    batches are those of ``DomainPairDataset`` and the loss is Algorithm 1's.
    Mirrored clips come from the data pipeline (``RandomFlipClip``).

    Args:
        backbone (dict): Config of ``GaussianDiffusion``.
        adaptation (dict, optional): Config of ``PoSynDAAdaptation``.
        head (dict): Config of ``HypothesisHead``, which has the loss.
        test_cfg (dict, optional): ``hypotheses`` (H), ``steps`` (K), ``eta``,
            ``flip`` (mirror averaging in every step), ``aggregation`` (see
            ``aggregation.aggregate``), ``keep_hypotheses`` (also give
            ``pred_instances.hypotheses`` (F, H, J, 3)).
        seed (int): Of all noise: that of training is fixed by (seed,
            iteration), that of a test clip by (seed, its ``id``, or its
            place in the batch where it has none).

    Raises:
        UserError: Arguments out of range.
    """

    def __init__(self,
                 backbone: dict,
                 adaptation: Optional[dict] = None,
                 head: dict = dict(type='HypothesisHead'),
                 test_cfg: Optional[dict] = None,
                 seed: int = 0,
                 data_preprocessor: dict = dict(type='ClipPreprocessor'),
                 init_cfg: Optional[dict] = None,
                 metainfo: Optional[dict] = None):
        if isinstance(data_preprocessor, dict):  # needs no default scope
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(
            backbone,
            head=head,
            test_cfg=_fill_test_cfg(test_cfg),
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
            metainfo=metainfo)
        self._check(seed)
        self.seed = seed
        self.register_buffer('iteration', torch.zeros((), dtype=torch.long))
        self.adaptation = None
        if adaptation is not None:
            self.adaptation = MODELS.build(adaptation)
            self.adaptation.attach(self.backbone)

    def _check(self, seed: int) -> None:
        """Refuse settings that would fail after hours."""
        where, cfg = type(self).__name__, self.test_cfg
        check_seed(where, seed)
        if not isinstance(cfg['hypotheses'], int) or cfg['hypotheses'] < 1:
            raise UserError(where, 'test_cfg.hypotheses', cfg['hypotheses'],
                            'give a whole number of at least 1')
        if not 0 <= cfg['eta'] <= 1:
            raise UserError(where, 'test_cfg.eta', cfg['eta'],
                            'give a number from 0 to 1')
        check_choice(where, 'test_cfg.aggregation', cfg['aggregation'],
                     AGGREGATIONS)
        sampling_times(self.backbone.timesteps, cfg['steps'])

    def train(self, mode: bool = True):
        """In adaptation, statistics of batch norm stay the source's."""
        super().train(mode)
        if self.adaptation is not None:
            for part in self.backbone.modules():
                if isinstance(part, nn.modules.batchnorm._BatchNorm):
                    part.eval()
        return self

    def forward(self, inputs, data_samples=None, mode: str = 'tensor'):
        """As MMPose's; in adaptation, ``loss`` takes a dict of branches."""
        if mode == 'tensor':
            return self._forward(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    # -- training -----------------------------------------------------------
    def loss(self, inputs: Union[Tensor, dict],
             data_samples: Union[list, dict]) -> dict:
        """Losses of stage 1 or 2, by what the model is built of.

        Args:
            inputs (Tensor | dict): (B, F, J, 2), or that for ``source`` and
                ``target``.
            data_samples (list | dict): Likewise.

        Raises:
            UserError: A batch of the other stage's dataset.
        """
        pairs = isinstance(inputs, dict)
        if pairs != (self.adaptation is not None):
            raise UserError(
                type(self).__name__, 'train_dataloader.dataset',
                'pairs' if pairs else 'single clips',
                'adaptation trains on DomainPairDataset(source=, target=), '
                'a model without adaptation on single labelled clips')
        first = inputs['source'] if pairs else inputs
        draws = Draws(self.seed, int(self.iteration), len(first),
                      first.device)
        self.iteration += 1
        if not pairs:
            return self.source_loss(self.read(inputs, data_samples), draws)
        source, target = (
            self.read(inputs[name], data_samples[name], name == 'source')
            for name in ('source', 'target'))
        return self.adaptation.loss(self.backbone, self.head.loss, source,
                                    target, draws)

    def read(self, keypoints: Tensor, samples: List[PoseDataSample],
             labelled: bool = True) -> ClipBatch:
        """A checked batch; labels are read only where ``labelled``."""
        net = self.backbone.pose_estimator
        return read_clips(keypoints, samples, net.num_frames, net.num_joints,
                          labelled)

    def source_loss(self, clips: ClipBatch, draws: Draws) -> dict:
        """D3DP's: x0 from a random time of each clip."""
        steps = self.backbone.timesteps
        t = (draws.uniform(_TIMES) * steps).long().clamp(max=steps - 1)
        noise = draws.normal(_NOISE, *clips.poses.shape[1:])
        noisy = self.backbone.diffuse(clips.poses, t, noise)
        output = self.backbone.denoise(clips.keypoints, noisy, t)
        loss = self.head.loss(output, clips.poses, clips.visible)
        apart = (output.detach() - clips.poses).norm(dim=-1)
        return dict(loss_pose=loss, mpjpe=apart.mean())

    # -- inference -----------------------------------------------------------
    @torch.no_grad()
    def hypotheses(self, keypoints: Tensor, ids: Sequence[int]) -> Tensor:
        """Sampled poses of clips.

        Args:
            keypoints (Tensor): (B, F, J, 2) normalised.
            ids (Sequence[int]): Number of each clip, fixes its noise.

        Returns:
            Tensor: (B, K, H, F, J, 3) root-relative metres; the last of the
            K steps is the result.
        """
        net, cfg = self.backbone.pose_estimator, self.test_cfg
        check_keypoints(keypoints, net.num_frames, net.num_joints)
        shape = (cfg['steps'], cfg['hypotheses'], *keypoints.shape[1:3], 3)
        noise = sample_noise(ids, shape, self.seed, keypoints.device)
        return self.backbone(
            keypoints, noise, eta=cfg['eta'], flip=cfg['flip'])

    def predict(self, inputs: Tensor,
                data_samples: List[PoseDataSample]) -> List[PoseDataSample]:
        """Give each sample its ``pred_instances``; see the head."""
        clips = self.read(inputs, data_samples, labelled=False)
        ids = [s.metainfo.get('id', i) for i, s in enumerate(data_samples)]
        found = self.head.predict(
            self.hypotheses(inputs, ids)[:, -1], clips, data_samples)
        for sample, instances in zip(data_samples, found):
            sample.pred_instances = instances
        return data_samples

    def _forward(self, inputs: Tensor, data_samples=None) -> Tensor:
        """Mean poses (B, F, J, 3) of clips numbered by their place."""
        poses = self.hypotheses(inputs, range(len(inputs)))[:, -1].mean(1)
        poses[..., 0, :] = 0
        return poses


def _fill_test_cfg(given: Optional[dict]) -> dict:
    """Defaults with the given values put in; unknown names are refused."""
    unknown = sorted(set(given or {}) - set(TEST_CFG))
    if unknown:
        raise UserError('PoSynDALifter', f'test_cfg.{unknown[0]}',
                        given[unknown[0]],
                        f'no such setting; choose from {sorted(TEST_CFG)}')
    return dict(TEST_CFG, **(given or {}))
