"""Pictures of what the generator draws, during training."""
import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ...visualization import image_grid
from ...wrappers import unwrap


@HOOKS.register_module()
class SampleGridHook(Hook):
    """Adds a grid of samples to the visualizer.

    Args:
        interval (int): Iterations between two grids; one is drawn before
            the first step, too.
        num_samples (int): Images for each entry of ``model.preview``.
        ncol (int): Images in a row.
    """

    priority = 'LOW'

    def __init__(self, interval: int, num_samples: int = 32, ncol: int = 8):
        self.interval, self.num_samples = interval, num_samples
        self.ncol = ncol

    def before_train(self, runner) -> None:
        self.draw(runner, runner.iter)

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs=None) -> None:
        if self.every_n_train_iters(runner, self.interval):
            self.draw(runner, runner.iter + 1)

    @torch.no_grad()
    def draw(self, runner, step: int) -> None:
        """One picture for each entry of the model's preview."""
        model = unwrap(runner.model)
        training = model.training
        model.eval()
        for name, images in model.preview(self.num_samples).items():
            grid = image_grid(images.clamp(-1, 1).cpu(), ncol=self.ncol)
            runner.visualizer.add_image(f'samples_{name}', grid, step)
        model.train(training)
