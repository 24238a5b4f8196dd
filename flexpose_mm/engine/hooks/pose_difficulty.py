"""Scores the training set by a pose VAE before training."""
import os.path as osp
from typing import Optional

import numpy as np
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmpose.registry import HOOKS

from ...datasets.datasets.collect import collect_items
from ...datasets.samplers import DifficultySampler
from ...errors import UserError
from ...evaluation.functional.difficulty_bins import NUM_BINS
from ...models.vae import Difficulty, cached_difficulty
from ...skeletons import Skeleton
from ...visualization import save_image
from ...visualization.difficulty import difficulty_pictures


@HOOKS.register_module()
class PoseDifficultyHook(Hook):
    """Tells ``DifficultySampler`` how difficult each item is.

    Before training it reads all poses of the training set, trains a
    ``PoseVAE`` on them (or loads one), scores each item once, sorts the
    items into bins of equal size, logs the bins, and draws example poses of
    each bin and the similarity of bins by EvalPose (figure 3 of Dua et
    al.). Scores are kept in a cache under a hash of poses and settings, so
    a resumed run, or the next one, only reads them. One process works, the
    others wait for its result. Random streams of the training are not
    touched.

    It also tells the sampler how long the training is, and how much of an
    epoch had been trained when it was resumed in the middle.

    Args:
        num_bins (int): Number of bins.
        vae (dict, optional): Arguments of ``PoseVAE`` but ``num_joints``.
        checkpoint (str, optional): A trained VAE in its place.
        train (dict, optional): Arguments of ``train_pose_vae``, such as
            ``dict(steps=5000)``.
        cache_dir (str, optional): Folder of scores, weights and figures;
            None: ``pose_difficulty`` in the work directory.
        figures (bool): Whether to draw.
    """

    priority = 'NORMAL'

    def __init__(self,
                 num_bins: int = NUM_BINS,
                 vae: Optional[dict] = None,
                 checkpoint: Optional[str] = None,
                 train: Optional[dict] = None,
                 cache_dir: Optional[str] = None,
                 figures: bool = True):
        if not isinstance(num_bins, int) or num_bins < 1:
            raise UserError('PoseDifficultyHook', 'num_bins', num_bins,
                            'give a whole number of at least 1')
        self.num_bins, self.vae, self.train = num_bins, vae, train
        self.checkpoint, self.cache_dir = checkpoint, cache_dir
        self.figures = figures
        self.difficulty: Optional[Difficulty] = None

    def before_train(self, runner) -> None:
        """Score, tell the sampler, and open the loader anew if need be.

        Raises:
            UserError: In all processes, if the poses cannot be scored.
        """
        loop = runner.train_loop
        dataset = loop.dataloader.dataset
        self.difficulty = self._on_one_process(runner, dataset)
        sampler = find_sampler(loop.dataloader)
        if sampler is None:
            print_log(
                'PoseDifficultyHook: train_dataloader.sampler is no '
                'DifficultySampler, so the scores change nothing',
                logger='current')
            return
        sampler.set_scores(self.difficulty.scores)
        batch = loop.dataloader.batch_sampler.batch_size
        if hasattr(loop, 'dataloader_iterator'):
            sampler.set_training(loop.max_iters * batch, endless=True)
            # it was opened before the scores were known
            loop.dataloader_iterator = type(loop.dataloader_iterator)(
                loop.dataloader)
            return
        seen = runner.iter - runner.epoch * len(loop.dataloader)
        if not 0 <= seen <= len(loop.dataloader):
            print_log(
                f'PoseDifficultyHook: the checkpoint was {seen} steps into '
                f'an epoch of {len(loop.dataloader)}; the number of steps '
                'has changed, so the epoch begins anew',
                logger='current')
            seen = 0
        sampler.set_training(loop.max_epochs, endless=False,
                             skipped=min(seen * batch, len(sampler)))

    def _on_one_process(self, runner, dataset) -> Difficulty:
        """The result of the main process, or its error, in all of them."""
        answer = [None]
        if is_main_process():
            try:
                answer = [self._rate(runner, dataset)]
            except UserError as error:
                answer = [error]
        broadcast_object_list(answer)
        if isinstance(answer[0], UserError):
            raise answer[0]
        return answer[0]

    def _rate(self, runner, dataset) -> Difficulty:
        folder = self.cache_dir or osp.join(runner.work_dir,
                                            'pose_difficulty')
        log = runner.logger.info
        poses, visible, owner = collect_items(dataset, log)
        found = cached_difficulty(
            poses, visible, owner, len(dataset), vae=self.vae,
            checkpoint=self.checkpoint, train=self.train,
            num_bins=self.num_bins, folder=folder,
            where=type(dataset).__name__, log=log)
        log(bin_table(found))
        if self.figures:
            pictures = difficulty_pictures(
                found, poses, visible, owner,
                Skeleton.from_metainfo(find_metainfo(dataset)), log)
            for name, image in pictures.items():
                path = osp.join(folder, f'{name}_{found.key}.png')
                log(f'difficulty: {save_image(image, path)}')
                runner.visualizer.add_image(f'difficulty_{name}', image, 0)
        return found


def bin_table(difficulty: Difficulty) -> str:
    """Lines with the size and the scores of each bin."""
    lines = [
        f'difficulty: {len(difficulty.scores)} items in '
        f'{difficulty.num_bins} bins, {difficulty.unscored} without enough '
        'visible joints have the median',
        ' bin  items    lowest    median   highest'
    ]
    for number in range(difficulty.num_bins):
        scores = difficulty.scores[difficulty.bins == number]
        low, middle, high = np.quantile(scores, (0, .5, 1))
        lines.append(f'{number:4d} {len(scores):6d} {low:9.4f} {middle:9.4f} '
                     f'{high:9.4f}')
    return '\n'.join(lines)


def find_sampler(loader) -> Optional[DifficultySampler]:
    """The loader's DifficultySampler, or None."""
    for found in (loader.sampler,
                  getattr(loader.batch_sampler, 'sampler', None)):
        if isinstance(found, DifficultySampler):
            return found
    return None


def find_metainfo(dataset) -> dict:
    """Metainfo of a dataset, looked for inside wrappers.

    Raises:
        UserError: There is none.
    """
    inner = dataset
    while not getattr(inner, 'metainfo', None):
        if not hasattr(inner, 'dataset'):
            raise UserError(type(dataset).__name__, 'metainfo', None,
                            'it has none; name a dataset of MMPose')
        inner = inner.dataset
    return inner.metainfo
