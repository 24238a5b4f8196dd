"""Grow the networks with the images shown (Karras et al. 2018)."""
from collections import defaultdict
from typing import Dict

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ...errors import UserError
from ...models.gans.growing import growing_state
from ...wrappers import unwrap


@HOOKS.register_module()
class ProgressiveGrowingHook(Hook):
    """Sets ``curr_scale`` and ``transition_weight`` of a ``SkeletonGAN``.

    Args:
        nkimgs_per_scale (dict[int, float]): Thousands of images for each
            scale in px, fade-in included, from 8 px up to the full size.
        transition_kimgs (float): Thousands of images of a fade-in.
        reset_optim_for_new_scale (bool): Forget Adam's moments at a new
            scale, as StyleGAN does.
    """

    priority = 'VERY_HIGH'

    def __init__(self,
                 nkimgs_per_scale: Dict[int, float],
                 transition_kimgs: float = 600,
                 reset_optim_for_new_scale: bool = True):
        self.images = {
            int(k): int(1000 * v)
            for k, v in nkimgs_per_scale.items()
        }
        bad = [s for s in self.images if s < 8 or s & (s - 1)]
        if bad or not self.images:
            raise UserError('ProgressiveGrowingHook', 'nkimgs_per_scale',
                            nkimgs_per_scale,
                            'scales are powers of two from 8 px on')
        for name, value in (('nkimgs_per_scale', nkimgs_per_scale),
                            ('transition_kimgs', transition_kimgs)):
            numbers = value.values() if isinstance(value, dict) else [value]
            if min(numbers) < 0:
                raise UserError('ProgressiveGrowingHook', name, value,
                                'give thousands of images, none below 0')
        self.transition = int(1000 * transition_kimgs)
        self.reset = reset_optim_for_new_scale
        self.scale = None

    def before_train(self, runner) -> None:
        model = unwrap(runner.model)
        if max(self.images) != model.data_preprocessor.size:
            raise UserError(
                'ProgressiveGrowingHook', 'nkimgs_per_scale', self.images,
                f'the last scale must be {model.data_preprocessor.size} px, '
                'the size of the images')
        if model.iteration > 0:  # resumed, perhaps right at a new scale
            self.scale = self.state(runner, int(model.iteration) - 1)[0]

    def state(self, runner, iteration: int):
        """Scale and fade-in weight of an iteration."""
        batch = runner.train_dataloader.batch_size * get_world_size()
        return growing_state(iteration * batch, self.images, self.transition)

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        model = unwrap(runner.model)
        scale, weight = self.state(runner, int(model.iteration))
        if self.scale not in (None, scale):
            runner.logger.info(f'growing: {self.scale} -> {scale} px')
            if self.reset:
                for wrapper in runner.optim_wrapper.values():
                    wrapper.optimizer.state = defaultdict(dict)
        self.scale = scale
        model.curr_scale, model.transition_weight = scale, weight
        runner.message_hub.update_scalar('train/scale', scale)
        runner.message_hub.update_scalar('train/fade_in', weight)
