"""Generator: numbers, keys, arguments of mmgeneration, and tau."""
import copy

import pytest
import tiny
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from flexpose_mm import UserError
from flexpose_mm.models.generators.stylegan_v1 import (CHANNELS,
                                                       adaptive_instance_norm)

Z = torch.randn(3, tiny.STYLE, generator=torch.Generator().manual_seed(5))


def tau_generator(layers, move=0., **kwargs):
    """Generator with tau moved off the identity by ``move``."""
    net = tiny.scramble(tiny.build(tiny.generator(**kwargs)))
    out = tiny.build(tiny.generator(tau_layers=layers, **kwargs))
    state = out.state_dict()
    state.update(net.state_dict())
    out.load_state_dict(state, strict=True)
    rng = torch.Generator().manual_seed(9)
    for p in out.tau.parameters():
        p.data += move * torch.randn(p.shape, generator=rng)
    return net.eval(), out.eval()


def draw(net, z=Z, **kwargs):
    return net(z, randomize_noise=False, **kwargs)


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize('size, g, d, entries', [
    (64, 25132825, 24323073, (89, 36)),
    (128, 25838494, 25211905, (104, 43)),
    (256, 26080739, 25435137, (119, 50)),
])
def test_sizes_are_those_of_mmgeneration(size, g, d, entries):
    with torch.device('meta'):
        net = MODELS.build(dict(type='StyleGANv1Generator', out_size=size))
        critic = MODELS.build(
            dict(type='StyleGANv1Discriminator', in_size=size))
    assert (count(net), count(critic)) == (g, d)
    assert (len(net.state_dict()), len(critic.state_dict())) == entries


@pytest.mark.parametrize('layers, size, expected', [
    ((3, ), 64, 1048576),
    ('all', 64, 8912896),
    ('all', 128, 9043968),
    ('all', 256, 9076736),
])
def test_size_of_tau(layers, size, expected):
    with torch.device('meta'):
        net = MODELS.build(
            dict(type='StyleGANv1Generator', out_size=size,
                 tau_layers=layers))
    assert count(net.tau) == expected


def generator_table(size):
    """mmgeneration's keys and shapes, fact sheet 1.3."""
    table = {'convs.0.conv1.input': (1, 512, 4, 4)}
    for i in range(1, 9):
        table[f'style_mapping.{i}.linear.weight_orig'] = (512, 512)
        table[f'style_mapping.{i}.bias'] = (512, )
    blocks = size.bit_length() - 2
    for b in range(blocks):
        c, before = CHANNELS[4 << b], CHANNELS[max(4 << b >> 1, 4)]
        conv = f'convs.{b}.'
        if b:
            table[conv + 'conv1.0.conv.weight_orig'] = (c, before, 3, 3)
            table[conv + 'conv1.0.conv.bias'] = (c, )
            table[conv + 'conv1.1.kernel'] = (3, 3)
        for i in (1, 2):
            table[conv + f'noise_injector{i}.weight'] = (1, )
            table[conv + f'adain{i}.affine.weight_orig'] = (2 * c, 512)
            table[conv + f'adain{i}.affine.bias'] = (2 * c, )
        table[conv + 'conv2.conv.weight_orig'] = (c, c, 3, 3)
        table[conv + 'conv2.conv.bias'] = (c, )
        table[f'to_rgbs.{b}.conv.weight_orig'] = (3, c, 1, 1)
        table[f'to_rgbs.{b}.conv.bias'] = (3, )
    for i in range(2 * blocks):
        side = 2**((i + 4) // 2)
        table[f'injected_noise_{i}'] = (1, 1, side, side)
    return table


@pytest.mark.parametrize('size', [16, 64, 256])
def test_keys_are_those_of_mmgeneration(size):
    table = generator_table(size)
    with torch.device('meta'):
        net = MODELS.build(dict(type='StyleGANv1Generator', out_size=size))
        state = {k: torch.empty(shape) for k, shape in table.items()}
    assert {k: tuple(v.shape) for k, v in net.state_dict().items()} == table
    net.load_state_dict(state, strict=True)


@pytest.mark.parametrize('layers', [(1, ), (3, ), (2, 5), 'all'])
@pytest.mark.parametrize('autocast', [False, True])
def test_identity_tau_changes_no_bit(layers, autocast):
    plain, with_tau = tau_generator(layers)
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16,
                                         enabled=autocast):
        assert torch.equal(draw(plain), draw(with_tau))


@pytest.mark.parametrize('layers', [(3, ), (1, 4), 'all'])
def test_merged_tau_draws_the_same(layers):
    plain, with_tau = tau_generator(layers, move=0.05)
    with torch.no_grad():
        before = draw(with_tau)
        assert not torch.allclose(before, draw(plain), atol=1e-2)
        merged = with_tau.merge_tau()
        scale = before.abs().max()
        assert (draw(merged) - before).abs().max() / scale < 1e-4
    assert merged.state_dict().keys() == plain.state_dict().keys()


def test_tau_stands_between_affine_and_adain():
    plain, with_tau = tau_generator((3, ), move=0.1)
    w = plain.style_mapping(Z)[:, None].expand(-1, 6, -1)
    before, after = plain.style_codes(w, 6), with_tau.style_codes(w, 6)
    matrix = with_tau.tau.blocks['3'].weight
    assert torch.allclose(after[2], before[2] @ matrix.t(), atol=1e-5)
    for i in (0, 1, 3, 4, 5):
        assert torch.equal(before[i], after[i])
    assert [plain.style_width(i) for i in range(1, 7)] == [32] * 6


@pytest.mark.parametrize('layers, said', [
    ((0, ), 'from 1'), ((7, ), 'to 6'), ((1.5, ), 'whole numbers'),
    ((2, 2), 'once'), ('some', "'all'"),
])
def test_wrong_tau_layers_are_refused(layers, said):
    with pytest.raises(UserError, match='tau_layers') as e:
        tiny.build(tiny.generator(tau_layers=layers))
    assert said in str(e.value)


@pytest.mark.parametrize('cfg', [
    dict(out_size=48), dict(out_size=4), dict(out_size=64),
    dict(blur_kernel=[1, 3, 3, 1])
])
def test_wrong_arguments_are_refused(cfg):
    with pytest.raises(UserError):
        tiny.build({**tiny.generator(), **cfg})


def test_style_mixing_switches_layers():
    net, _ = tau_generator(())
    a, b = (net.style_mapping(z) for z in (Z, Z.flip(0)))
    out = net([Z, Z.flip(0)], inject_index=2, return_latents=True,
              randomize_noise=False)
    assert torch.equal(out['latent'][:, :2], a[:, None].expand(-1, 2, -1))
    assert torch.equal(out['latent'][:, 2:], b[:, None].expand(-1, 4, -1))
    assert out['inject_index'] == 2 and len(out['noise_batch']) == 2
    # layers of one code give the image of that code
    assert torch.equal(draw(net, [Z, Z], inject_index=3), draw(net))


def test_codes_drawn_inside_mix_in_training_only():
    net = tiny.build(tiny.generator(mix_prob=1.))
    out = net(None, num_batches=2, return_latents=True)
    assert len(out['noise_batch']) == 2 and out['fake_img'].shape[0] == 2
    net.eval()
    out = net(torch.randn, num_batches=2, return_latents=True)
    assert len(out['noise_batch']) == 1
    net.train()
    assert net.default_style_mode == 'mix'


def test_truncation_pulls_to_the_mean():
    net, _ = tau_generator(())
    mean = net.get_mean_latent(64)
    assert mean.shape == (1, tiny.STYLE)
    out = net(Z, truncation=0.7, truncation_latent=mean, return_latents=True)
    expected = mean + 0.7 * (net.style_mapping(Z) - mean)
    assert torch.allclose(out['latent'][:, 0], expected, atol=1e-5)
    same = draw(net, truncation=0., truncation_latent=mean)
    assert torch.allclose(same[0], same[1], atol=1e-5)


def test_latents_can_be_given():
    net, _ = tau_generator(())
    w = net.style_mapping(Z)
    image = draw(net)
    assert torch.equal(draw(net, w, input_is_latent=True), image)
    w = w[:, None].repeat(1, net.num_latents, 1)
    assert torch.equal(draw(net, w, input_is_latent=True), image)


def test_noise():
    net, _ = tau_generator(())
    assert torch.equal(draw(net), draw(net))
    assert torch.equal(net(Z, injected_noise=net.buffered_noise()), draw(net))
    assert not torch.equal(net(Z), net(Z))
    sides = [n.shape[-1] for n in net.make_injected_noise()]
    assert sides == [4, 4, 8, 8, 16, 16]
    fresh = tiny.build(tiny.generator()).eval()  # noise weights are 0
    assert torch.equal(fresh(Z), fresh(Z))


def test_growing_blends_two_scales():
    net, _ = tau_generator(())
    small = draw(net, curr_scale=8)
    assert small.shape[-1] == 8 and draw(net, curr_scale=4).shape[-1] == 4
    start = draw(net, curr_scale=16, transition_weight=0.)
    coarse = F.interpolate(small, scale_factor=2, mode='nearest')
    assert torch.allclose(start, coarse, atol=1e-6)
    half = draw(net, curr_scale=16, transition_weight=0.25)
    expected = 0.75 * coarse + 0.25 * draw(net)
    assert torch.allclose(half, expected, atol=1e-5)


def test_copy_after_a_forward_with_gradients():
    net, _ = tau_generator(())
    net(Z).sum().backward()
    twin = copy.deepcopy(net)
    assert torch.equal(draw(twin), draw(net))


def test_adain_is_a_scaled_instance_norm():
    x = torch.randn(2, 5, 4, 4)
    style = torch.randn(2, 10)
    norm = torch.nn.InstanceNorm2d(5)(x)
    gamma, beta = style[..., None, None].chunk(2, 1)
    found = adaptive_instance_norm(x, style)
    assert torch.allclose(found, gamma * norm + beta, atol=1e-5)


def test_adain_has_the_gradients_of_instance_norm():
    x, style = torch.randn(2, 5, 4, 4), torch.randn(2, 10)
    x.requires_grad_(), style.requires_grad_()
    weight = torch.randn(2, 5, 4, 4)
    found = torch.autograd.grad(
        (adaptive_instance_norm(x, style) * weight).sum(), (x, style))
    gamma, beta = style[..., None, None].chunk(2, 1)
    out = gamma * torch.nn.InstanceNorm2d(5)(x) + beta
    expected = torch.autograd.grad((out * weight).sum(), (x, style))
    for a, b in zip(found, expected):
        assert torch.allclose(a, b, atol=1e-4)


def test_affine_starts_at_scale_one_and_shift_zero():
    net = tiny.build(tiny.generator())
    bias = net.adain(4).affine.bias
    assert (bias[:16] == 1).all() and (bias[16:] == 0).all()
