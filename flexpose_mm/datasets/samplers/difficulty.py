"""Draws items by the difficulty of their poses."""
import math
from typing import Iterator, Optional, Sequence, Tuple

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from ...errors import UserError

MODES = ('hard', 'curriculum', 'bins')
#: Share of the training done -> share of the items, easiest first: the
#: paper's easy, medium and hard in 25 bins, 9 + 8 + 8.
STAGES = ((0., 9 / 25), (1 / 3, 17 / 25), (2 / 3, 1.))


def item_pool(scores: np.ndarray, first: float, last: float) -> np.ndarray:
    """Items between two shares of the ascending order of the scores.

    Args:
        scores (np.ndarray): (N,), ties go by index.
        first, last (float): 0 <= first < last <= 1.

    Returns:
        np.ndarray: Their indices, easiest first.
    """
    order = np.argsort(scores, kind='stable')
    a, b = (math.floor(share * len(order) + .5) for share in (first, last))
    return order[a:b]


def share_items(pool: np.ndarray, count: int, seed: Sequence[int],
                num_items: int) -> np.ndarray:
    """Which of ``count`` processes each item of the dataset belongs to.

    Args:
        pool (np.ndarray): Items in the order of difficulty; neighbours go
            to different processes, so that any stretch of it is shared
            evenly.
        count (int): Number of processes.
        seed (Sequence[int]): Of the draw.
        num_items (int): N.

    Returns:
        np.ndarray: (N,) int64; -1 outside of the pool.
    """
    rng = np.random.default_rng(seed)
    owner = np.full(num_items, -1)
    groups = -(-len(pool) // count)
    parts = rng.permuted(np.tile(np.arange(count), (groups, 1)), axis=1)
    owner[pool] = parts.ravel()[:len(pool)]
    return owner


@DATA_SAMPLERS.register_module()
class DifficultySampler(Sampler):
    """Gives hard items only, easy ones first, or chosen bins.

    The scores come from ``PoseDifficultyHook``, or from
    :meth:`set_scores`. An epoch has as many steps as without the sampler:
    fewer distinct items are seen more often. Within an epoch no two
    processes see the same item, and each passes over its share in ever new
    order. The order is a function of (seed, epoch, process) alone.

    Epoch-based and iteration-based loops are served alike; in the latter the
    sampler does not end.

    Args:
        dataset: Any dataset with a length.
        mode (str): 'hard', the hardest ``share`` of the items;
            'curriculum', see ``stages``; or 'bins', see ``bins``.
        share (float): Share of the items in mode 'hard', 0 to 1.
        bins (Sequence[int]): Bins in mode 'bins', 0 = easiest; the paper's
            hard part is ``range(17, 25)``.
        num_bins (int): Bins of equal size that ``bins`` counts.
        stages (Sequence[tuple]): In mode 'curriculum', ascending (share of
            the training done, share of the items that is open, easiest
            first).
        clock (str): What 'curriculum' goes by: 'epoch' or 'iteration';
            iteration-based loops know the latter only.
        num_samples (int, optional): Items of an epoch over all processes;
            None: as many as the dataset has.
        shuffle (bool): True; so that a config which only changes the
            ``type`` of one of MMEngine's samplers is right.
        seed (int, optional): None: one drawn by MMEngine from the run's.

    Raises:
        UserError: Arguments out of range.
    """

    def __init__(self,
                 dataset,
                 mode: str = 'hard',
                 share: float = .33,
                 bins: Sequence[int] = (),
                 num_bins: int = 25,
                 stages: Sequence[Tuple[float, float]] = STAGES,
                 clock: str = 'epoch',
                 num_samples: Optional[int] = None,
                 shuffle: bool = True,
                 seed: Optional[int] = None):
        self.dataset, self.shuffle = dataset, shuffle
        self.mode, self.share = mode, share
        self.bins, self.num_bins = tuple(bins), num_bins
        self.stages = tuple(tuple(stage) for stage in stages)
        self.clock = clock
        self.rank, self.world_size = get_dist_info()
        total = len(dataset) if num_samples is None else num_samples
        self.num_samples = math.ceil(total / self.world_size)
        self._check()
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch, self.skipped, self.endless = 0, 0, False
        self.length_of_training = None
        self.scores, self._opened = None, False

    def _check(self) -> None:
        where, size = type(self).__name__, len(self.dataset)
        if self.mode not in MODES:
            raise UserError(where, 'mode', self.mode, f'choose from {MODES}')
        if self.clock not in ('epoch', 'iteration'):
            raise UserError(where, 'clock', self.clock,
                            "choose 'epoch' or 'iteration'")
        if self.shuffle is not True:
            raise UserError(where, 'shuffle', self.shuffle,
                            'leave it out; items come in random order')
        if not 0 < self.share <= 1:
            raise UserError(where, 'share', self.share,
                            'give a number above 0 and up to 1')
        if self.mode == 'bins' and (
                not self.bins or len(set(self.bins)) < len(self.bins) or
                not all(b in range(self.num_bins) for b in self.bins)):
            raise UserError(where, 'bins', self.bins,
                            f'name some of 0..{self.num_bins - 1}, once each')
        begins = [stage[0] for stage in self.stages]
        if not begins or begins[0] != 0 or begins != sorted(begins) or \
                not all(0 < stage[1] <= 1 for stage in self.stages):
            raise UserError(
                where, 'stages', self.stages,
                'give pairs (share done, share open), the first done=0, '
                'ascending, open above 0 and up to 1')
        if self.num_samples < 1:
            raise UserError(where, 'num_samples', self.num_samples,
                            'give at least 1')
        least = min(len(p) for p in self.pools(np.zeros(size)))
        if least < self.world_size:
            raise UserError(
                where, 'dataset', size,
                f'only {least} items are left for {self.world_size} '
                'process(es); take a larger share or more items')

    # -- what is open --------------------------------------------------
    def pools(self, scores: np.ndarray) -> list:
        """Items of each stage, easiest first; modes but 'curriculum' have
        one stage."""
        if self.mode == 'curriculum':
            return [item_pool(scores, 0., opened) for _, opened in self.stages]
        if self.mode == 'hard':
            return [item_pool(scores, 1 - self.share, 1.)]
        order = item_pool(scores, 0., 1.)
        parts = np.array_split(order, self.num_bins)
        return [np.concatenate([parts[b] for b in sorted(self.bins)])]

    def _stage(self, done: float) -> int:
        """Index of the stage at a share of the training."""
        if self.mode != 'curriculum':
            return 0
        # a hair: 1/3 of the training is not below the stage at 1/3
        return sum(begin <= done + 1e-9 for begin, _ in self.stages) - 1

    # -- what the hook tells -------------------------------------------
    def set_scores(self, scores: np.ndarray) -> None:
        """Take the difficulty of all items.

        Args:
            scores (np.ndarray): (N,), larger = harder, finite.

        Raises:
            UserError: Another number of items, NaN or inf.
        """
        scores = np.asarray(scores, np.float64)
        if scores.shape != (len(self.dataset), ) or \
                not np.isfinite(scores).all():
            raise UserError(type(self).__name__, 'scores.shape', scores.shape,
                            'give one finite number for each of the '
                            f'{len(self.dataset)} items')
        self.scores = scores

    def set_training(self, length: float, endless: bool,
                     skipped: int = 0) -> None:
        """Take the length of the training, which 'curriculum' needs.

        Args:
            length (float): Epochs; or, if endless, samples per process.
            endless (bool): Whether the loop counts iterations.
            skipped (int): Samples of the coming epoch that were trained
                before a resume.
        """
        self.length_of_training, self.endless = length, endless
        self.skipped = skipped

    def set_epoch(self, epoch: int) -> None:
        """Called before each epoch by MMEngine's DistSamplerSeedHook."""
        self._require_scores()
        self.epoch = epoch

    def _require_scores(self) -> None:
        if self.scores is None:
            raise UserError(
                type(self).__name__, 'scores', None,
                "there are none; add dict(type='PoseDifficultyHook') to "
                'custom_hooks')
        if self.mode == 'curriculum' and self.length_of_training is None:
            raise UserError(
                type(self).__name__, 'length_of_training', None,
                'a curriculum needs it; PoseDifficultyHook tells it, or '
                'call set_training(epochs, endless=False)')

    # -- the order -----------------------------------------------------
    def _done(self, epoch: int, position: int) -> float:
        """Share of the training done at a sample of this process."""
        total = self.length_of_training or math.inf
        if self.endless:
            return (epoch * self.num_samples + position) / total
        if self.clock == 'epoch':
            return epoch / total
        return (epoch + position / self.num_samples) / total

    def _epoch_order(self, epoch: int) -> Iterator[int]:
        """``num_samples`` items of this process."""
        pools = self.pools(self.scores)
        largest = max(pools, key=len)
        owner = share_items(largest, self.world_size, [self.seed, epoch],
                            len(self.scores))
        rng = np.random.default_rng([self.seed, epoch, self.rank])
        given = 0
        while given < self.num_samples:
            stage = self._stage(self._done(epoch, given))
            own = pools[stage][owner[pools[stage]] == self.rank]
            for item in rng.permutation(own).tolist():
                if given == self.num_samples or \
                        self._stage(self._done(epoch, given)) != stage:
                    break
                yield item
                given += 1

    def _endless_order(self) -> Iterator[int]:
        epoch = 0
        while True:
            yield from self._epoch_order(epoch)
            epoch += 1

    def __iter__(self) -> Iterator[int]:
        if self.scores is None and not self._opened:
            # MMEngine's iteration-based loop opens its loader before any
            # hook runs; PoseDifficultyHook opens it again, and without the
            # hook the next call or set_epoch complains
            self._opened = True
            return iter(())
        self._require_scores()
        if self.endless:
            return self._endless_order()
        order = self._epoch_order(self.epoch)
        for _ in range(self.skipped):
            next(order)
        self.skipped = 0
        return order

    def __len__(self) -> int:
        """Samples of an epoch of this process."""
        return self.num_samples
