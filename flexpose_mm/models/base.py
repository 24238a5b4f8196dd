"""What every model that draws poses from codes has in common."""
from typing import Dict, List, Optional, Sequence, Union

import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapperDict
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor, nn

from flexpose_mm.checkpoints import check_meta, decode_meta, encode_meta
from flexpose_mm.errors import UserError, check_seed
from .seeding import seeded_normal


class PoseGenerationModel(BaseModel):
    """Base of SkeletonGAN and the adapters.

    ``predict`` answers one code per item: a ``LatentCodeDataset`` gives the
    numbers of the codes, the generator draws, beta reads the pose back.

    Args:
        data_preprocessor (dict): Config of ``SkeletonPreprocessor``.
        regressor (dict | nn.Module, optional): beta; None leaves ``predict``
            without keypoints to give and is refused there.
        seed (int): Seed of every code and noise map.
        autocast (str, optional): ``'bfloat16'`` computes the networks in
            mixed precision; None is float32.
        channels_last (bool): Memory format of the networks.
    """

    def __init__(self,
                 data_preprocessor: dict,
                 regressor: Optional[Union[dict, nn.Module]] = None,
                 seed: int = 0,
                 autocast: Optional[str] = None,
                 channels_last: bool = False,
                 init_cfg: Optional[dict] = None):
        if isinstance(data_preprocessor, dict):  # needs no default scope
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(data_preprocessor, init_cfg)
        where = type(self).__name__
        check_seed(where, seed)
        if autocast not in (None, 'bfloat16'):
            raise UserError(where, 'autocast', autocast,
                            "give None or 'bfloat16'")
        self.seed, self.autocast = seed, autocast
        self.channels_last = channels_last
        self.regressor = self.build_regressor(regressor)
        if self.regressor is not None:
            self.check_canvas('regressor', self.regressor, 'size')
            self.check_canvas('regressor', self.regressor, 'num_joints')
        self.register_buffer('iteration', torch.zeros((), dtype=torch.long))
        self.notes = {}

    def build_regressor(self, regressor) -> Optional[nn.Module]:
        """beta, frozen and in evaluation mode."""
        if isinstance(regressor, dict):
            regressor = MODELS.build(regressor)
        if regressor is not None:
            regressor.requires_grad_(False).eval()
        return regressor

    def check_canvas(self, name: str, part: nn.Module, field: str) -> None:
        """Refuse a part made for images of another size or skeleton.

        Raises:
            UserError: Naming the part and its field.
        """
        canvas = self.data_preprocessor
        own = canvas.skeleton.num_joints if field == 'num_joints' \
            else canvas.size
        value = getattr(part, field, own)
        if value != own:
            raise UserError(
                type(self).__name__, f'{name}.{field}', value,
                f'data_preprocessor has {own} ({canvas.skeleton.name}, '
                f'{canvas.size} px); make them equal')

    def check_optimisers(self, optim_wrapper, *names: str) -> None:
        """Refuse other optimisers than a training step uses.

        Args:
            optim_wrapper (OptimWrapper | OptimWrapperDict): From the runner.
            *names (str): One for each network; none: a single one.

        Raises:
            UserError: Naming those that are there.
        """
        several = isinstance(optim_wrapper, OptimWrapperDict)
        given = sorted(optim_wrapper.keys()) if several else None
        if several != bool(names) or several and set(names) - set(given):
            how = "constructor='MultiOptimWrapperConstructor' and an entry " \
                f"for each of {list(names)}" if names else \
                'one optimizer= and no constructor'
            raise UserError(type(self).__name__, 'optim_wrapper', given,
                            f'give it {how}')

    # -- to be given by the subclass ---------------------------------------
    @property
    def sampling_generator(self) -> nn.Module:
        """nn.Module: The generator whose poses are asked for."""
        raise NotImplementedError

    # -- precision -----------------------------------------------------------
    def precision(self):
        """The autocast context that the networks run in."""
        device = self.iteration.device.type
        return torch.autocast(
            device, torch.bfloat16, enabled=self.autocast is not None)

    def to_memory_format(self) -> None:
        """Apply ``channels_last`` once all networks are built."""
        if self.channels_last:
            self.to(memory_format=torch.channels_last)

    def train(self, mode: bool = True):
        """beta stays in evaluation mode: its statistics are not ours."""
        super().train(mode)
        if self.regressor is not None:
            self.regressor.eval()
        return self

    # -- checkpoints -----------------------------------------------------------
    @property
    def canvas(self) -> dict:
        """dict: Description of the canvas, saved with the weights."""
        return dict(self.data_preprocessor.meta, **self.notes)

    def get_extra_state(self) -> Tensor:
        return encode_meta(self.canvas)

    def set_extra_state(self, state: Tensor) -> None:
        check_meta(decode_meta(state), self.canvas, 'checkpoint')

    # -- sampling ---------------------------------------------------------------
    def pose_sampler(self,
                     generator: Optional[nn.Module] = None,
                     **kwargs) -> nn.Module:
        """PoseSampler: Draws any number of poses from this model.

        Args:
            generator (nn.Module, optional): Another generator of the same
                canvas, such as the one before adaptation.
            **kwargs: Further arguments of ``PoseSampler``.
        """
        if self.regressor is None:
            raise UserError(
                type(self).__name__, 'regressor', None,
                'poses are read back by beta; give its config and checkpoint')
        style = dict(self.data_preprocessor.style)
        return MODELS.build(
            dict(
                type='PoseSampler',
                generator=generator or self.sampling_generator,
                regressor=self.regressor,
                skeleton=self.data_preprocessor.skeleton,
                size=self.data_preprocessor.size,
                dtype=self.autocast,
                **style,
                **kwargs))

    def codes(self, indices: Sequence[int]) -> Tensor:
        """z of numbered samples, (N, style_channels), whatever the batch."""
        width = self.sampling_generator.style_channels
        z = [seeded_normal((width, ), self.seed, 7, int(i)) for i in indices]
        return torch.stack(z).to(self.iteration.device)

    @torch.no_grad()
    def draw(self, z: Tensor, generator: Optional[nn.Module] = None,
             **kwargs) -> Tensor:
        """Images (N, 3, S, S) float32 in about [-1, 1] from codes."""
        generator = generator or self.sampling_generator
        with self.precision():
            return generator(z, **kwargs).float()

    def preview(self, n: int) -> Dict[str, Tensor]:
        """Pictures of the first n codes by name, for the log."""
        return dict(generated=self.draw(self.codes(range(n)),
                                        randomize_noise=False))

    @torch.no_grad()
    def predict(self, inputs, data_samples) -> List[PoseDataSample]:
        """One pose for each numbered code, in canvas coordinates."""
        sampler = self.pose_sampler()
        images = self.draw(
            self.codes([s.sample_idx for s in data_samples]),
            randomize_noise=False)
        keypoints, scores = sampler.read(images)
        for sample, pose, score in zip(data_samples, keypoints, scores):
            sample.pred_instances = InstanceData(
                keypoints=pose[None].cpu().numpy(),
                keypoint_scores=score[None].cpu().numpy())
        return data_samples

    def forward(self, inputs, data_samples=None, mode: str = 'tensor'):
        """``predict`` for evaluation; ``tensor`` maps z to images.

        Losses are computed in ``train_step``: these models have more than
        one of them, or more than one optimiser.
        """
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'tensor':
            return self.draw(inputs)
        raise UserError(
            type(self).__name__, 'mode', mode,
            "use 'predict' or 'tensor'; training goes through train_step")
