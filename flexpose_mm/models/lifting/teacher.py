"""The teacher: the student's weights, now or averaged, without gradient."""
from contextlib import contextmanager
from typing import Dict

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from flexpose_mm.errors import UserError


@contextmanager
def evaluation(module: nn.Module):
    """Within, ``module`` is in evaluation mode; then each part as before."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


class Teacher(BaseModule):
    """Holds the teacher's trainable weights; the frozen ones are shared.

    Args:
        momentum (float): 0 copies the student (Algorithm 1, line 19); above,
            the weights are an exponential moving average.
        interval (int): Iterations between updates. With momentum 0 and
            interval 1 the teacher is the student and needs no memory.

    Raises:
        UserError: Arguments out of range.
    """

    def __init__(self, momentum: float = 0., interval: int = 1):
        super().__init__()
        if not 0 <= momentum < 1:
            raise UserError('PoSynDAAdaptation', 'teacher.momentum', momentum,
                            'give a number from 0 to below 1')
        if not isinstance(interval, int) or interval < 1:
            raise UserError('PoSynDAAdaptation', 'teacher.interval', interval,
                            'give a whole number of at least 1')
        self.momentum, self.interval = momentum, interval
        self.names = ()

    def attach(self, student: nn.Module) -> None:
        """Make room for the weights of ``student`` that learn."""
        if self.momentum == 0 and self.interval == 1:
            return
        learn = [(n, p) for n, p in student.named_parameters()
                 if p.requires_grad]
        self.names = tuple(name for name, _ in learn)
        for i, (_, weight) in enumerate(learn):
            self.register_buffer(f'weight_{i}', weight.detach().clone())

    def weights(self) -> Dict[str, Tensor]:
        """The weights that differ from the student's, by name."""
        return {
            name: getattr(self, f'weight_{i}')
            for i, name in enumerate(self.names)
        }

    @torch.no_grad()
    def update(self, student: nn.Module, iteration: int) -> None:
        """Follow the student; its weights at iteration 0 are taken whole."""
        if iteration % self.interval:
            return
        momentum = self.momentum if iteration else 0.
        own = dict(student.named_parameters())
        for name, weight in self.weights().items():
            weight.lerp_(own[name], 1 - momentum)

    @torch.no_grad()
    def forward(self, student: nn.Module, *args, **kwargs):
        """What the student would answer with the teacher's weights."""
        with evaluation(student):
            return torch.func.functional_call(student, self.weights(), args,
                                              kwargs)
