"""KeypointGAN's supply of poses."""
from typing import Optional

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ...datasets.wrappers.pose_bank import PoseBank
from ...errors import UserError
from ...models.seeding import batch_slice
from ...wrappers import unwrap


@HOOKS.register_module()
class PoseBankHook(Hook):
    """Adds ``poses`` and ``visible`` of a ``PoseBank`` to each batch.

    What a step gets depends on (seed, iteration) only, whatever the number
    of workers, and n processes share what one would get; the bank itself on
    (seed, number of the refresh). So a resumed run needs nothing saved.

    Args:
        poses (dict): Config of the dataset of poses, see ``PoseBank``.
        size (int, optional): Poses in all, such as 33000 or 121000.
        refresh_interval (int, optional): Iterations until a sampler is asked
            for new poses, or another choice is made from a larger set. None:
            never.
        **kwargs: Further arguments of ``PoseBank``; ``skeleton`` is the
            model's.
    """

    priority = 'VERY_HIGH'

    def __init__(self,
                 poses: dict,
                 size: Optional[int] = None,
                 refresh_interval: Optional[int] = None,
                 **kwargs):
        if refresh_interval is not None and refresh_interval < 1:
            raise UserError('PoseBankHook', 'refresh_interval',
                            refresh_interval, 'give at least 1, or None')
        if refresh_interval is not None and size is None:
            raise UserError('PoseBankHook', 'size', None,
                            'a whole set cannot be refreshed; give a size')
        self.config = dict(poses=poses, size=size, **kwargs)
        self.refresh_interval = refresh_interval
        self.bank, self.refresh = None, -1

    def before_train(self, runner) -> None:
        self.model = unwrap(runner.model)
        self.bank = PoseBank(
            skeleton=self.model.alpha.skeleton, **self.config)
        self.fill(runner)

    def fill(self, runner) -> None:
        """Fill the bank if it is time to."""
        every = self.refresh_interval
        refresh = 0 if every is None else runner.iter // every
        if refresh == self.refresh:
            return
        self.refresh = refresh
        self.bank.fill(refresh)
        runner.logger.info(
            f'PoseBankHook: {len(self.bank.poses)} poses (fill {refresh})')
        if self.model.left_right is not None:
            whole = self.bank.visible.all(1)
            self.model.left_right.remember(
                torch.from_numpy(self.bank.poses[whole]))

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        self.fill(runner)
        n = len(data_batch['inputs'])
        drawn = self.bank.batch(n * get_world_size(), runner.iter)
        data_batch['poses'], data_batch['visible'] = (
            part[batch_slice(n)] for part in drawn)
