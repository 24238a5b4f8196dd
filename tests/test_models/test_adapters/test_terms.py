"""Terms of an adapter's loss: golden values, gradients, refusals."""
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.models.adapters.terms import KeypointTerm, spread_loss


def test_spread_loss_by_hand():
    x, y = torch.tensor([[0.], [3.]]), torch.tensor([[1.], [5.]])
    # mean |x - y| = (1 + 5 + 2 + 2) / 4; mean |x - x'| = 3
    assert spread_loss(x, y).item() == pytest.approx(2 * 2.5 - 3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 3.))
def test_the_target_itself_spreads_best(seed, scale):
    rng = torch.Generator().manual_seed(seed)
    y = torch.randn(400, 4, generator=rng)
    x = torch.randn(400, 4, generator=rng)
    if abs(scale - 1) > .3:
        assert spread_loss(scale * x, y) > spread_loss(x, y)
    assert spread_loss(x + scale, y) > spread_loss(x, y)


def prepared(**kwargs):
    model = tiny.build(tiny.adapter(regressor=tiny.regressor(), **kwargs))
    tiny.scramble(model.generator)
    data = DATASETS.build(tiny.mixup())
    model.prepare(data)
    return model, [data[i]['data_samples'] for i in range(6)]


def test_keypoint_term_by_hand():
    model, samples = prepared(
        terms=[dict(type='KeypointTerm', weight=3., spread_weight=0.)])
    poses, visible = model.targets
    visible[0, 4] = 0  # a joint that nobody saw, at a place that is nonsense
    poses[0, 4] = 1e6
    losses = model.losses(samples)
    images = model.generator(
        model.training_codes(samples), randomize_noise=False)
    read = model.regressor.regress(images)[0]
    seen = visible[:6] > 0
    error = (read - poses[:6])[seen].square().mean()
    assert set(losses) == {'loss_keypoint'}
    torch.testing.assert_close(losses['loss_keypoint'], 3 * error)


def test_terms_add_up_and_reach_tau_alone():
    model, samples = prepared(
        terms=[dict(type='PerceptualTerm', weight=.5),
               dict(type='KeypointTerm')])
    losses = model.losses(samples)
    assert set(losses) == {'loss_perceptual', 'loss_keypoint', 'loss_spread'}
    alone = {**prepared()[0].losses(samples)}
    torch.testing.assert_close(losses['loss_perceptual'],
                               .5 * alone['loss_perceptual'])
    for name in ('loss_keypoint', 'loss_spread'):
        grad, = torch.autograd.grad(
            losses[name], list(model.generator.tau.parameters()),
            retain_graph=True)
        assert grad.abs().sum() > 0
    sum(losses.values()).backward()
    assert all(p.grad is None for p in model.regressor.parameters())


@pytest.mark.parametrize('kwargs, field', [
    (dict(terms=[]), 'terms'),
    (dict(terms=[dict(type='KeypointTerm')]), 'KeypointTerm'),
    (dict(terms=[dict(type='KeypointTerm', weight=-1)]), 'weight=-1'),
    (dict(terms=[dict(type='PerceptualTerm', weight=None)]), 'weight=None'),
])
def test_refusals(kwargs, field):
    with pytest.raises(UserError, match=field):
        tiny.build(tiny.adapter(**kwargs))


def test_weights_are_numbers():
    with pytest.raises(UserError, match='spread_weight'):
        KeypointTerm(spread_weight='much')
