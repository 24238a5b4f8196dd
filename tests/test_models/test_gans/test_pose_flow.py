"""Flow matching in keypoint space."""
import itertools

import pytest
import tiny
import torch

from flexpose_mm import UserError
from flexpose_mm.models.gans.pose_flow import (VelocityField, couple,
                                               flow_matching_loss, integrate)


def test_coupling_is_the_cheapest_permutation():
    rng = torch.Generator().manual_seed(0)
    noise, poses = (torch.randn(6, 4, generator=rng) for _ in range(2))
    found = couple(noise, poses)
    assert torch.equal(found.sort(0)[0], noise.sort(0)[0])
    rows = {tuple(row.tolist()) for row in noise}
    assert {tuple(row.tolist()) for row in found} == rows
    least = min((noise[list(p)] - poses).square().sum()
                for p in itertools.permutations(range(6)))
    assert torch.allclose((found - poses).square().sum(), least)


def test_flow_without_velocity_stays():
    x = torch.randn(5, 3)
    still = integrate(lambda x, t: torch.zeros_like(x), x)
    assert torch.equal(still, x)


def test_heun_is_exact_to_second_order():
    x = torch.ones(1, 1, dtype=torch.float64)
    errors = [
        abs(integrate(lambda x, t: x, x, steps).item() - torch.e)
        for steps in (8, 16)
    ]
    assert errors[0] < 0.01 and errors[1] < errors[0] / 3.5


def test_learns_a_shifted_gaussian():
    torch.manual_seed(0)
    field = VelocityField(2, width=32, depth=1)
    optim = torch.optim.Adam(field.parameters(), lr=5e-3)
    mean, std = torch.tensor([2., -1.]), torch.tensor([.5, 1.5])
    for _ in range(250):
        poses = mean + std * torch.randn(64, 2)
        loss = flow_matching_loss(field, torch.randn(64, 2), poses,
                                  torch.rand(64, 1))
        optim.zero_grad()
        loss.backward()
        optim.step()
    drawn = integrate(field, torch.randn(2000, 2))
    assert torch.allclose(drawn.mean(0), mean, atol=0.2)
    assert torch.allclose(drawn.std(0), std, rtol=0.25)


CFG = dict(type='PoseFlow', width=16, depth=1)


def test_trains_through_the_runner_and_loads_again(tmp_path):
    runner = tiny.runner(tmp_path, CFG, tiny.poses(32), tiny.adam())
    before = tiny.build(CFG).state_dict()
    runner.train()
    assert int(runner.model.iteration) == 2
    twin = tiny.build(
        dict(CFG, checkpoint=str(tmp_path / 'iter_2.pth')), seed=3)
    noise = torch.randn(3, 30)
    found = twin(noise)
    assert found.shape == (3, 15, 2)
    assert torch.equal(found, runner.model.poses(noise))
    assert not torch.equal(twin.field.head.weight,
                           before['field.head.weight'])


def test_weights_of_another_flow_are_refused(tmp_path):
    torch.save(tiny.build(CFG).state_dict(), tmp_path / 'flow.pth')
    with pytest.raises(UserError, match='skeleton, width and depth'):
        tiny.build(dict(CFG, width=8, checkpoint=str(tmp_path / 'flow.pth')))
