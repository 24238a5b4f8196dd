"""A learning rate that falls by a power of the iterations."""
from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import _ParamScheduler
from mmpose.registry import PARAM_SCHEDULERS

from flexpose_mm.errors import UserError


class InverseDecayParamScheduler(_ParamScheduler):
    """value = base (1 + gamma i)^-power, i counted from ``delay``."""

    def __init__(self, optimizer, *args, gamma: float = 1e-4,
                 power: float = .75, delay: int = 0, **kwargs):
        for name, value in (('gamma', gamma), ('power', power),
                            ('delay', delay)):
            if not value >= 0:
                raise UserError(type(self).__name__, name, value,
                                'give a number >= 0')
        self.gamma, self.power, self.delay = gamma, power, delay
        super().__init__(optimizer, *args, **kwargs)

    def _get_value(self):
        step = max(self.last_step - self.delay, 0)
        factor = (1 + self.gamma * step)**-self.power
        return [base * factor for base in self.base_values]


@PARAM_SCHEDULERS.register_module()
class InverseDecayLR(LRSchedulerMixin, InverseDecayParamScheduler):
    """RegDA's schedule: lr (1 + gamma i)^-power.

    Args:
        optimizer: The optimizer or its wrapper.
        gamma (float): Per iteration.
        power (float): Exponent.
        delay (int): Iterations at the full rate before; unlike ``begin`` it
            may lie beyond the end of a shortened run.
        begin, end, by_epoch, ...: As MMEngine's schedulers.
    """
