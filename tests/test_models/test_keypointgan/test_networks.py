"""The networks against the official ones: parameter counts and shapes.

Figures: official modules, measured once (fact sheet, section 2).
"""
import pytest
import torch
from mmpose.registry import MODELS

import flexpose_mm  # noqa: F401
from flexpose_mm import UserError
from flexpose_mm.models.keypointgan import (ConditionalDecoder, ConvEncoder,
                                            ImageToSkeleton,
                                            MultiScalePatchDiscriminator)
from flexpose_mm.models.keypointgan.image_to_skeleton import Mix
from flexpose_mm.models.perceptual.plain_vgg import LAYERS, PlainVGGFeatures


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize('net, number', [
    (lambda: ConvEncoder(1, 32, norm='IN'), 1181184),
    (lambda: ImageToSkeleton(3, 1), 3124801),
    (lambda: ConditionalDecoder(1, 3), 4825635),
    (lambda: MultiScalePatchDiscriminator(1), 3 * 2762689),
])
def test_parameters_are_the_official_number(net, number):
    assert count(net()) == number


def test_shapes_at_the_published_size():
    image = torch.zeros(1, 3, 128, 128)
    skeleton = image[:, :1]
    shapes = [s.shape[-1] for s in MultiScalePatchDiscriminator(1)(skeleton)]
    assert shapes == [14, 6, 2]
    assert ConvEncoder(1, 32, norm='IN')(skeleton).shape == (1, 32, 16, 16)
    assert ImageToSkeleton(3, 1, width=4).eval()(image).shape == \
        skeleton.shape
    decoder = ConditionalDecoder(1, 3, width=4).eval()
    assert decoder(skeleton, image).shape == image.shape


def test_u_net_skips_have_the_official_widths():
    net = ImageToSkeleton(3, 1)
    joined = [net.decoder[i][0].in_channels for i in (1, 2, 3)]
    assert joined == [384, 192, 96]
    last = net.decoder[-1][-1]
    assert last.bias is not None and last.out_channels == 1


def test_mixing_before_or_after_the_upsampling_is_the_same():
    torch.manual_seed(0)
    mix = Mix(6, 3, 5)
    x, skip = torch.randn(2, 6, 4, 4), torch.randn(2, 3, 8, 8)
    joined = torch.cat([mix.upsample(x), skip], 1)
    wanted = torch.nn.functional.conv2d(joined, mix.weight)
    assert torch.allclose(mix(x, skip), wanted, atol=1e-6)


def test_initialization_is_narrow():
    torch.manual_seed(0)
    net = MODELS.build(dict(type='ImageToSkeleton', width=16))
    net.init_weights()
    weights = net.encoder[2][0][0].weight
    assert abs(float(weights.detach().std()) - 0.02) < 2e-3
    scale = net.encoder[2][0][1].weight
    assert abs(float(scale.detach().mean()) - 1) < 0.02


def test_no_output_activation():
    net = ImageToSkeleton(width=4).eval()
    with torch.no_grad():
        net.decoder[-1][-1].bias.fill_(-7)
    assert float(net(torch.zeros(1, 3, 16, 16)).detach().mean()) < -2


def test_discriminator_says_which_size_is_too_small():
    net = MultiScalePatchDiscriminator(width=4, num_scales=3)
    net.check_size(128)
    with pytest.raises(UserError, match='num_scales=3.*use fewer'):
        net.check_size(64)
    with pytest.raises(UserError, match='num_scales=0'):
        MultiScalePatchDiscriminator(num_scales=0)


def test_plain_vgg_is_vgg19_without_relus():
    net = PlainVGGFeatures(weights='random', width=4)
    convs = [len(stage) for stage in net.stages]
    assert convs == [2, 2, 4, 4, 2] and net.num_layers == len(LAYERS)
    images = torch.rand(1, 3, 32, 32) * 2 - 1
    maps = net(images)
    sides = [m.shape[-1] for m in maps]
    assert sides == [32, 32, 16, 8, 4, 2]
    # linear up to the first max pooling, so negative values pass
    zero = net(torch.zeros_like(images))[1]
    twice = net(images * 2)[1]
    assert torch.allclose(twice - zero, 2 * (maps[1] - zero), atol=1e-4)
    assert float(maps[-1].min()) < 0 and not net.train().training


def test_plain_vgg_takes_torchvision_weights(tmp_path):
    width = {0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128)}
    state = {}
    for layer, shape in width.items():
        state[f'features.{layer}.weight'] = torch.full((*shape, 3, 3),
                                                       float(layer))
        state[f'features.{layer}.bias'] = torch.full(shape[:1], 0.5)
    torch.save(state, tmp_path / 'vgg19.pth')
    net = PlainVGGFeatures(str(tmp_path / 'vgg19.pth'), layers=LAYERS[:3])
    assert float(net.stages[1][1].weight[0, 0, 0, 0]) == 7
    with pytest.raises(UserError, match='vgg19.pth.*no state dict'):
        PlainVGGFeatures(str(tmp_path / 'vgg19.pth'), layers=LAYERS[:4])


@pytest.mark.parametrize('kwargs, words', [
    (dict(layers=('conv1_2', )), 'first few'),
    (dict(width=8), "width=8.*weights='random'"),
])
def test_plain_vgg_refuses(kwargs, words):
    with pytest.raises(UserError, match=words):
        PlainVGGFeatures(**kwargs)
