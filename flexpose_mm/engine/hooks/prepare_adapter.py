"""Shows the target poses to an adapter before training."""
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ...wrappers import unwrap


@HOOKS.register_module()
class PrepareAdapterHook(Hook):
    """Calls ``model.prepare(dataset)`` of a ``PoseAdapter``.

    It runs after weights are loaded, so a resumed run prepares the same
    codes and features as the first one. ``model.work_dir`` tells where to
    keep what takes long.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner) -> None:
        model = unwrap(runner.model)
        model.work_dir = runner.work_dir
        model.prepare(runner.train_dataloader.dataset)
