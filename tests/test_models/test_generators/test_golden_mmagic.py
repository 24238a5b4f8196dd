"""Both networks draw what mmagic's draw, number for number.

``GOLDEN`` was printed once by mmagic's StyleGAN1Generator and
StyleGAN1Discriminator (512 channels, 32 px, CPU), filled by :func:`fill`.
"""
import math

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

SIZE = 32
#: Eight values, evenly spread from first to last, then mean and deviation.
GOLDEN = {
    'plain': [
        9.137762, 7.159472, -24.28225, -0.8184851, -1.659985,
        -24.96391, -0.7789611, 0.6475663, -8.071869, 13.84094
    ],
    'mixed': [
        9.070358, 7.102733, -24.20127, -0.9539162, -1.658908,
        -24.72727, -0.6336805, 0.831072, -8.054821, 13.84334
    ],
    'truncated': [
        7.959193, 6.423702, -24.26956, -0.4521795, -3.075136,
        -25.58057, -1.35738, 0.05447137, -8.513212, 13.43577
    ],
    'faded': [
        3.633827, 2.376934, 2.899934, 0.7257332, 5.500657,
        8.304259, 0.228822, 1.419113, 2.931543, 2.313524
    ],
    'd': [
        -19.58835, -19.49519, -19.54201, -19.50304, -19.53215,
        0.03697407
    ],
    'd_faded': [
        -20.53609, -20.56499, -20.38139, -20.30652, -20.44725,
        0.1071189
    ],
}


def wave(shape, k):
    """Numbers of unit variance that any library can make again."""
    i = np.arange(math.prod(shape), dtype=np.float64) % 100003
    values = math.sqrt(2) * np.cos(.1234567 * i * i + k)
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def fill(net):
    """Every tensor by its place in the sorted state dict; blurs stay."""
    state = net.state_dict()
    for k, key in enumerate(sorted(state)):
        if not key.endswith('.kernel'):
            mapping = 'style_mapping' in key and 'weight' in key
            state[key].copy_(
                wave(tuple(state[key].shape), k) * (100 if mapping else 1))
    return net.eval()


@pytest.fixture(scope='module')
def outputs():
    """Outputs of our classes by the names of ``GOLDEN``."""
    z, other = wave((2, 512), 0.5), wave((2, 512), 1.5)
    x = wave((4, 3, SIZE, SIZE), 2.5)
    half = dict(curr_scale=16, transition_weight=.3)
    net = fill(MODELS.build(dict(type='StyleGANv1Generator', out_size=SIZE)))
    critic = fill(
        MODELS.build(dict(type='StyleGANv1Discriminator', in_size=SIZE)))

    def draw(z, **kwargs):
        return net(z, randomize_noise=False, **kwargs)

    with torch.no_grad():
        return dict(
            plain=draw(z),
            mixed=draw([z, other], inject_index=3),
            truncated=draw(
                z, truncation=.7, truncation_latent=wave((1, 512), 3.5)),
            faded=draw(z, **half),
            d=critic(x),
            d_faded=critic(x[..., ::2, ::2].contiguous(), **half))


@pytest.mark.parametrize('name', GOLDEN)
def test_same_numbers_as_mmagic(name, outputs):
    found = outputs[name].flatten().double()
    n = len(found)
    places = [i * (n - 1) // 7 for i in range(8)] if n > 8 else range(n)
    values = [*found[list(places)], found.mean(), found.std(correction=0)]
    scale = found.abs().max()
    for value, golden in zip(values, GOLDEN[name], strict=True):
        assert abs(value - golden) < 1e-4 * scale
