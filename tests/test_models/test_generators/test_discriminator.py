"""Discriminator: keys, statistics of a batch, growing, R1."""
import pytest
import tiny
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from flexpose_mm import UserError
from flexpose_mm.models.gans.losses import r1_penalty
from flexpose_mm.models.generators.discriminator import minibatch_stddev
from flexpose_mm.models.generators.stylegan_v1 import CHANNELS


def table(size):
    """mmgeneration's keys and shapes, fact sheet 1.4."""
    found, scales = {}, [s for s in sorted(CHANNELS)[::-1] if s <= size]
    for i, s in enumerate(scales):
        c = CHANNELS[s]
        found[f'from_rgb.{i}.conv.weight_orig'] = (c, 3, 3, 3)
        found[f'from_rgb.{i}.conv.bias'] = (c, )
        n = CHANNELS[max(s // 2, 4)]
        first, second = ((c, c + 1, 3, 3), (c, c, 4, 4)) if s == 4 else (
            (n, c, 3, 3), (n, n, 3, 3))
        names = (0, 1) if s == 4 else (0, 2)
        for j, shape in zip(names, (first, second)):
            found[f'convs.{i}.{j}.conv.weight_orig'] = shape
            found[f'convs.{i}.{j}.conv.bias'] = shape[:1]
        if s > 4:
            found[f'convs.{i}.1.kernel'] = (3, 3)
    found['final_linear.0.linear.weight_orig'] = (1, 512)
    found['final_linear.0.bias'] = (1, )
    return found


@pytest.mark.parametrize('size', [16, 64, 256])
def test_keys_are_those_of_mmgeneration(size):
    with torch.device('meta'):
        net = MODELS.build(dict(type='StyleGANv1Discriminator', in_size=size))
        state = {k: torch.empty(shape) for k, shape in table(size).items()}
    found = {k: tuple(v.shape) for k, v in net.state_dict().items()}
    assert found == table(size)
    net.load_state_dict(state, strict=True)


def test_minibatch_stddev_by_hand():
    x = torch.randn(4, 3, 2, 2, dtype=torch.float64)
    out = minibatch_stddev(x, 2)
    assert out.shape == (4, 4, 2, 2) and torch.equal(out[:, :3], x)
    for i in range(2):  # mmgeneration groups images i and i + 2
        pair = torch.stack([x[i], x[i + 2]])
        std = (pair.var(0, correction=0) + 1e-8).sqrt().mean()
        for row in (i, i + 2):
            assert torch.allclose(out[row, 3], std.expand(2, 2), atol=1e-6)


def test_uneven_batches_are_refused():
    with pytest.raises(UserError, match='batch size=6'):
        minibatch_stddev(torch.zeros(6, 1, 2, 2), 4)
    assert minibatch_stddev(torch.zeros(3, 1, 2, 2), 4).shape[1] == 2


def test_without_statistics_images_are_scored_alone():
    net = tiny.scramble(tiny.build(tiny.discriminator(mbstd_cfg=None)))
    x = torch.randn(4, 3, 16, 16)
    alone = torch.cat([net(image) for image in x.split(1)])
    assert torch.allclose(net(x), alone, atol=1e-4)


def test_growing_blends_two_entries():
    net = tiny.scramble(tiny.build(tiny.discriminator()))
    x = torch.randn(4, 3, 16, 16)
    small = F.avg_pool2d(x, 2)
    assert net(small, curr_scale=8).shape == (4, 1)
    faded = net(x, transition_weight=0., curr_scale=16)
    assert torch.allclose(faded, net(small, curr_scale=8), atol=1e-5)
    assert torch.equal(net(x, curr_scale=16), net(x))


def test_r1_has_the_gradient_of_finite_differences():
    net = tiny.scramble(tiny.build(tiny.discriminator(8))).double()
    rng = torch.Generator().manual_seed(0)
    image = torch.randn(2, 3, 8, 8, generator=rng, dtype=torch.float64)

    def penalty():
        x = image.clone().requires_grad_()
        return r1_penalty(net(x), x)

    def score(x):
        return net(x).sum()

    value = penalty()
    grad = torch.autograd.functional.jacobian(score, image)
    assert torch.allclose(value, grad.square().sum((1, 2, 3)).mean())
    weight = net.convs[0][2].conv.weight_orig
    found, = torch.autograd.grad(value, weight)
    step = 1e-5
    for place in ((0, 1, 2, 1), (5, 3, 0, 2)):
        weight.data[place] += step
        above = penalty().item()
        weight.data[place] -= 2 * step
        below = penalty().item()
        weight.data[place] += step
        slope = (above - below) / (2 * step)
        assert abs(slope - found[place]) <= 1e-4 * abs(slope) + 1e-7
