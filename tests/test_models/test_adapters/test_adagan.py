"""AdaGAN: each term by hand, codes, scales and shifts."""
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.models.adapters.adagan import ScaleShiftBlock, earth_mover
from flexpose_mm.models.generators.stylegan_v1 import adaptive_instance_norm
from flexpose_mm.models.seeding import seeded_normal


def prepared(**kwargs):
    model = tiny.build(tiny.rival('AdaGAN', **kwargs))
    data = DATASETS.build(tiny.mixup(16))
    model.prepare(data)
    return model, [data[i]['data_samples'] for i in range(16)], data


def test_earth_mover_by_hand():
    codes = torch.tensor([[0., 0], [3, 4]])
    normals = torch.tensor([[1., 0], [0, 2], [3, 3]])
    # normals: 1, 4, 1 to the nearest code; codes: 1, 1
    assert earth_mover(codes, normals).item() == pytest.approx(2 + 1)


@settings(max_examples=15)
@given(st.integers(1, 5), st.integers(1, 8), st.integers(0, 99))
def test_earth_mover_is_a_distance_of_sets(n, m, seed):
    torch.manual_seed(seed)
    a = torch.randn(n, 3, dtype=torch.float64)
    b = torch.randn(m, 3, dtype=torch.float64)
    found = earth_mover(a, b)
    assert found >= 0
    torch.testing.assert_close(found, earth_mover(b, a))
    torch.testing.assert_close(found, earth_mover(a[torch.randperm(n)], b))
    zero = earth_mover(a, a)
    torch.testing.assert_close(zero, torch.zeros_like(zero))


def test_scale_and_shift_come_after_the_normalisation():
    torch.manual_seed(0)
    block = tiny.scramble(ScaleShiftBlock(8))
    x, style = torch.randn(2, 4, 5, 5), torch.randn(2, 8)
    scale, shift = (p[None, :, None, None]
                    for p in (block.scale, block.shift))
    torch.testing.assert_close(
        adaptive_instance_norm(x, block(style)),
        scale * adaptive_instance_norm(x, style) + shift)


def test_distance_of_the_statistics_by_hand():
    block = ScaleShiftBlock(4)
    assert block.distance().item() == 0
    with torch.no_grad():
        block.scale.copy_(torch.tensor([1., 3.]))
        block.shift.copy_(torch.tensor([-1., 2.]))
    assert block.distance().item() == pytest.approx(2 + 2.5)


def test_the_terms_of_a_batch():
    model, samples, data = prepared(
        perceptual_weight=0.5, emd_weight=0.25, reg_weight=2., tau_layers=(3,))
    with torch.no_grad():
        model.target_codes.normal_()
        model.generator.tau.blocks['3'].shift.fill_(0.5)
    rows = torch.arange(16)
    real = model.data_preprocessor.render(torch.as_tensor(data.poses))
    image = model.generator(
        model.training_codes(samples), randomize_noise=False)
    losses = model.losses(samples)
    torch.testing.assert_close(losses['loss_pixel'],
                               (image - real).abs().mean())
    layers = zip(model.gamma(image), model.gamma(real))
    torch.testing.assert_close(
        losses['loss_perceptual'],
        0.5 * sum((a - b).abs().mean() for a, b in layers))
    normals = seeded_normal((160, tiny.STYLE), 0, 5, 0)
    torch.testing.assert_close(
        losses['loss_emd'],
        0.25 * earth_mover(model.target_codes[rows], normals))
    assert losses['loss_statistics'].item() == pytest.approx(2 * 0.25)
    assert set(losses) == {
        'loss_pixel', 'loss_perceptual', 'loss_emd', 'loss_statistics'
    }


def test_codes_start_at_zero_with_a_little_noise():
    model, samples, _ = prepared()
    first = model.training_codes(samples)
    assert not model.target_codes.any()
    assert first.std().item() == pytest.approx(0.01, rel=0.1)
    assert torch.equal(first, model.training_codes(samples))
    assert torch.equal(first[5:7], model.training_codes(samples[5:7]))
    model.iteration += 1
    assert not torch.equal(first, model.training_codes(samples))


def test_gradients_reach_codes_of_the_batch_only():
    model, samples, _ = prepared()
    tiny.scramble(model.generator)
    sum(model.losses(samples[:4]).values()).backward()
    moved = model.target_codes.grad.abs().sum(1) > 0
    assert moved[:4].all() and not moved[4:].any()


def test_codes_have_a_learning_rate_of_their_own(tmp_path):
    optim = tiny.adam(
        0.03, paramwise_cfg=dict(
            custom_keys=dict(target_codes=dict(lr_mult=0.05 / 0.03))))
    runner = tiny.runner(
        tmp_path, tiny.rival('AdaGAN'), tiny.mixup(), optim, iters=1, batch=16,
        custom_hooks=[dict(type='PrepareAdapterHook')])
    runner.train()
    step = runner.model.target_codes.abs().max().item()
    assert step == pytest.approx(0.05, rel=1e-3)  # Adam's first is the rate
    shift = runner.model.generator.tau.blocks['3'].shift
    assert shift.abs().max().item() == pytest.approx(0.03, rel=1e-3)


@pytest.mark.parametrize('wrong, said', [
    (dict(num_targets=0), 'num_targets=0'),
    (dict(pairing='resample'), 'pairing'),
    (dict(reg_weight=-0.1), 'reg_weight=-0.1'),
    (dict(code_noise=float('nan')), 'code_noise=nan'),
])
def test_wrong_arguments_are_refused(wrong, said):
    with pytest.raises(UserError, match=said):
        tiny.build(tiny.rival('AdaGAN', **wrong))


def test_the_number_of_targets_must_be_right():
    with pytest.raises(UserError, match='give num_targets=16'):
        prepared(num_targets=15)
