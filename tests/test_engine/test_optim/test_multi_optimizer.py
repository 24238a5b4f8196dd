"""One optimiser per network."""
import pytest
import tiny
import torch
from mmengine.model import MMSeparateDistributedDataParallel
from mmengine.optim import OptimWrapperDict, build_optim_wrapper

from flexpose_mm import UserError


class Two(torch.nn.Module):
    """Two networks, one of them nested."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 3)
        self.second = torch.nn.Sequential(torch.nn.Linear(3, 1))


def build(model, **kwargs):
    return build_optim_wrapper(
        model, dict(constructor='MultiOptimWrapperConstructor', **kwargs))


def params(wrapper):
    return {id(p) for g in wrapper.optimizer.param_groups for p in g['params']}


def ids(module):
    return {id(p) for p in module.parameters()}


def test_each_network_has_its_optimiser():
    model = Two()
    found = build(model, first=tiny.adam(0.1), second=tiny.adam(0.2))
    assert isinstance(found, OptimWrapperDict)
    assert params(found['first']) == ids(model.first)
    assert params(found['second']) == ids(model.second)
    assert found.get_lr() == {'first.lr': [0.1], 'second.lr': [0.2]}


def test_modules_by_dotted_name_may_share():
    model = Two()
    found = build(
        model,
        a=tiny.adam(modules=['first', 'second.0']),
        b=tiny.adam(modules=['second']))
    assert params(found['a']) == ids(model)
    assert params(found['b']) == ids(model.second)


def test_wrappers_are_looked_through():
    wrapper = MMSeparateDistributedDataParallel.__new__(
        MMSeparateDistributedDataParallel)
    torch.nn.Module.__init__(wrapper)
    wrapper.module = Two()
    found = build(wrapper, first=tiny.adam(), second=tiny.adam())
    assert params(found['second']) == ids(wrapper.module.second)


@pytest.mark.parametrize('cfg, said', [
    (dict(third=tiny.adam()), "no 'third'"),
    (dict(first=tiny.adam(modules=['first.weights'])), "no 'weights'"),
    (dict(first=dict(lr=0.1)), 'with an optimizer'),
    (dict(first=tiny.adam(), type='AmpOptimWrapper'), 'autocast'),
    (dict(first=tiny.adam(), paramwise_cfg=dict(a=1)), 'paramwise_cfg'),
])
def test_wrong_entries_are_refused(cfg, said):
    with pytest.raises(UserError, match=said):
        build(Two(), **cfg)
