"""PoseSampler: codes to images to poses to clean images (eq. 8)."""
from typing import Iterator, List, NamedTuple, Optional, Tuple, Union

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.errors import UserError
from flexpose_mm.rendering import render_skeletons
from flexpose_mm.skeletons import get_skeleton
from ..seeding import seeded_normal
from ..regressors.estimator import autocast, check_dtype

MOST_REJECTED = 0.9
SMALLEST_REFILL = 8


class PoseBatch(NamedTuple):
    """One block of sampled poses.

    Attributes:
        keypoints (Tensor): (B, K, 2) float32, canvas coordinates.
        scores (Tensor): (B, K) float32, beta's confidence in (0, 1].
        rejected (int): Draws that were thrown away to fill this block.
        images (Tensor | None): (B, 3, S, S) in [-1, 1], drawn anew.
    """
    keypoints: Tensor
    scores: Tensor
    rejected: int
    images: Optional[Tensor] = None


def next_power_of_two(number: int) -> int:
    """Smallest power of two that is not below ``number``."""
    return 1 << max(number - 1, 0).bit_length()


@MODELS.register_module()
class PoseSampler(BaseModule):
    """Draws any number of poses from a generator, in constant memory.

    z -> generator -> skeleton image -> beta -> pose -> alpha -> clean image.
    Poses come in blocks of ``batch_size``. A block's content depends on
    (seed, its number, batch_size) only: cut anywhere, go on anywhere, the
    poses are the same to the last bit (on one machine and thread count).

    Args:
        generator (dict | nn.Module): ``StyleGANv1Generator`` or its config;
            needs ``style_channels``, ``buffered_noise()`` and
            ``forward(z, injected_noise=, randomize_noise=)``.
        regressor (dict | nn.Module): beta, ``SkeletonRegressor``.
        skeleton (str | dict | Skeleton): See ``get_skeleton``.
        size (int): Canvas side S in pixels of generator and beta.
        line_width (float, optional): As ``RenderSkeleton``.
        joint_radius (float, optional): As ``RenderSkeleton``.
        colors (str): As ``RenderSkeleton``.
        min_score (float): Poses whose mean confidence is lower are replaced
            by fresh draws; 0 keeps all.
        min_joint_score (float): The same for the least confident joint.
        truncation (float): psi of the generator; 1 is none.
        randomize_noise (bool): False uses the generator's stored noise.
        checkpoint (str, optional): Weights for the generator.
        dtype (str, optional): Autocast type: None, 'bfloat16'.
        channels_last (bool): Put the generator into NHWC memory order.

    Raises:
        UserError: Sizes or joints of the parts differ; a bad argument; in
            sampling, if more than 90 % of the draws are rejected.
    """

    def __init__(self,
                 generator: Union[dict, nn.Module],
                 regressor: Union[dict, nn.Module],
                 skeleton='body15',
                 size: int = 64,
                 line_width: Optional[float] = None,
                 joint_radius: Optional[float] = None,
                 colors: str = 'rgb',
                 min_score: float = 0.,
                 min_joint_score: float = 0.,
                 truncation: float = 1.,
                 randomize_noise: bool = True,
                 checkpoint: Optional[str] = None,
                 dtype: Optional[str] = None,
                 channels_last: bool = False,
                 init_cfg: Optional[dict] = None):
        super().__init__(init_cfg)
        for name, value in (('min_score', min_score),
                            ('min_joint_score', min_joint_score)):
            if not 0 <= value <= 1:
                raise UserError('PoseSampler', name, value,
                                'give a number from 0 to 1')
        self.generator = self.build(generator)
        self.regressor = self.build(regressor).eval()
        self.rejected = 0  # by the latest call of `sample`
        self.skeleton, self.size = get_skeleton(skeleton), size
        self.style = dict(
            line_width=line_width, joint_radius=joint_radius, colors=colors)
        self.min_score, self.min_joint_score = min_score, min_joint_score
        self.truncation, self.randomize_noise = truncation, randomize_noise
        self.dtype = check_dtype('PoseSampler', dtype)
        self.check_parts()
        if checkpoint is not None:
            from flexpose_mm.checkpoints import load_generator
            load_generator(self.generator, checkpoint, self.canvas)
        if channels_last:
            self.generator.to(memory_format=torch.channels_last)

    @staticmethod
    def build(part: Union[dict, nn.Module]) -> nn.Module:
        """A module as it is, or built and in evaluation mode."""
        if isinstance(part, nn.Module):
            return part
        return MODELS.build(part).requires_grad_(False).eval()

    def init_weights(self) -> None:
        """Nothing: the parts come with their weights."""

    def train(self, mode: bool = True):
        """beta stays in evaluation mode."""
        super().train(mode)
        self.regressor.eval()
        return self

    def check_parts(self) -> None:
        """Refuse parts of different sizes or joint sets."""
        for name, part, field, own in (
            ('generator', self.generator, 'out_size', self.size),
            ('regressor', self.regressor, 'size', self.size),
            ('regressor', self.regressor, 'num_joints',
             self.skeleton.num_joints)):
            value = getattr(part, field, own)
            if value != own:
                raise UserError(
                    'PoseSampler', f'{name}.{field}', value,
                    f'the canvas has {own} ({self.skeleton.name}, '
                    f'{self.size} px); use parts made for one canvas')

    @property
    def canvas(self) -> dict:
        """dict: Skeleton and size, as in ``SkeletonPreprocessor.meta``."""
        return dict(
            skeleton=self.skeleton.name,
            fingerprint=self.skeleton.fingerprint,
            size=self.size,
            **self.style)

    @property
    def device(self) -> torch.device:
        """Where the generator lives."""
        return next(self.generator.parameters()).device

    @torch.no_grad()
    def read(self, images: Tensor) -> Tuple[Tensor, Tensor]:
        """beta: images (N, 3, S, S) to keypoints (N, K, 2) canvas, scores
        (N, K)."""
        with autocast(images.device, self.dtype):
            return self.regressor.regress(images)

    @torch.no_grad()
    def render(self, keypoints: Tensor) -> Tensor:
        """alpha: canvas poses (N, K, 2) to images (N, 3, S, S)."""
        return render_skeletons(keypoints, None, self.skeleton, self.size,
                                **self.style)

    @torch.no_grad()
    def draw(self, n: int, seed: int, *stream: int) -> Tensor:
        """n images of fresh codes and noise, (n, 3, S, S) float32."""
        net = self.generator
        z = seeded_normal((n, net.style_channels), seed, 1, *stream)
        noise: Optional[List[Tensor]] = None
        if self.randomize_noise:
            noise = [
                seeded_normal((n, *buffer.shape[1:]), seed, 2 + i,
                              *stream).to(self.device)
                for i, buffer in enumerate(net.buffered_noise())
            ]
        with autocast(self.device, self.dtype):
            images = net(
                z.to(self.device),
                injected_noise=noise,
                randomize_noise=self.randomize_noise,
                truncation=self.truncation)
        return images.float()

    def accept(self, scores: Tensor) -> Tensor:
        """(N,) bool: poses that are sure enough, and finite."""
        return ((scores.mean(dim=1) >= self.min_score) &
                (scores.amin(dim=1) >= self.min_joint_score))

    def sample_block(self, block: int, seed: int, batch_size: int,
                     render: bool = False) -> PoseBatch:
        """Block number ``block``, always of ``batch_size`` poses.

        Raises:
            UserError: More than 90 % of ten blocks' worth of draws rejected.
        """
        kept, scores, drawn, missing = [], [], 0, batch_size
        limit = batch_size / (1 - MOST_REJECTED)
        while missing > 0:
            if drawn >= limit:
                self.refuse(drawn, batch_size - missing)
            # refills are small, but of a size fixed by the block's past
            n = batch_size if not drawn else min(
                batch_size,
                max(next_power_of_two(missing), SMALLEST_REFILL))
            points, score = self.read(self.draw(n, seed, block, drawn))
            drawn += n
            good = self.accept(score).nonzero()[:missing, 0]
            if len(good) == missing:
                drawn -= n - int(good[-1]) - 1  # the rest was never needed
            kept.append(points[good])
            scores.append(score[good])
            missing -= len(good)
        keypoints = torch.cat(kept)
        return PoseBatch(keypoints, torch.cat(scores), drawn - batch_size,
                         self.render(keypoints) if render else None)

    def refuse(self, drawn: int, accepted: int) -> None:
        """Stop when next to nothing passes."""
        raise UserError(
            'PoseSampler', 'min_score',
            (self.min_score, self.min_joint_score),
            f'beta accepted only {accepted} of {drawn} drawn poses; train '
            'the generator longer or lower min_score and min_joint_score')

    def iter_batches(self,
                     n: Optional[int] = None,
                     seed: Optional[int] = None,
                     batch_size: int = 128,
                     start_block: int = 0,
                     render: bool = False) -> Iterator[PoseBatch]:
        """Stream poses block by block.

        Args:
            n (int, optional): Poses in all, counted from block 0; the last
                block is cut. None never ends.
            seed (int, optional): None draws one.
            batch_size (int): Block size; part of the stream's identity.
            start_block (int): First block to yield.
            render (bool): Whether to fill ``PoseBatch.images``.

        Yields:
            PoseBatch: The next block.
        """
        self.check_request(n, batch_size)
        seed = torch.seed() % 2**31 if seed is None else seed
        block = start_block
        while n is None or block * batch_size < n:
            batch = self.sample_block(block, seed, batch_size, render)
            left = batch_size if n is None else n - block * batch_size
            if left < batch_size:
                batch = PoseBatch(
                    batch.keypoints[:left], batch.scores[:left],
                    batch.rejected,
                    None if batch.images is None else batch.images[:left])
            yield batch
            block += 1

    @staticmethod
    def check_request(n: Optional[int], batch_size: int) -> None:
        """Refuse counts that make no sense."""
        for name, value in (('n', n), ('batch_size', batch_size)):
            if value is not None and (not isinstance(value, int)
                                      or value < 1):
                raise UserError('PoseSampler', name, value,
                                'give a whole number of at least 1')

    def sample(self,
               n: int,
               seed: Optional[int] = None,
               batch_size: int = 128) -> Tuple[Tensor, Tensor]:
        """Poses and their clean images.

        Everything but the answer itself is freed block by block; use
        :meth:`iter_batches` where the images of n poses do not fit.

        Args:
            n (int): Number of poses.
            seed (int, optional): None draws one.
            batch_size (int): Block size; part of the stream's identity.

        Returns:
            tuple: keypoints (n, K, 2) canvas and images (n, 3, S, S) in
            [-1, 1], float32.
        """
        batches = list(self.iter_batches(n, seed, batch_size, render=True))
        self.rejected = sum(b.rejected for b in batches)
        return (torch.cat([b.keypoints for b in batches]),
                torch.cat([b.images for b in batches]))
