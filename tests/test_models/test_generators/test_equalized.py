"""Equalized layers against torch's own."""
import math

import torch
import torch.nn.functional as F

from flexpose_mm.models.generators.equalized import (Blur, ConvLayer,
                                                     EqualizedConv2d,
                                                     EqualizedLinear,
                                                     LinearLayer)


def test_linear_scales_its_weight():
    layer = EqualizedLinear(8, 5)
    layer.bias.data.normal_()
    x = torch.randn(3, 8)
    weight = layer.weight_orig * math.sqrt(2 / 8)
    assert torch.allclose(layer(x), F.linear(x, weight, layer.bias))


def test_mapping_layer_divides_its_learning_rate():
    torch.manual_seed(0)
    layer = LinearLayer(64, 64, lr_mul=0.01, activate=True)
    layer.bias.data.normal_()
    assert 90 < layer.linear.weight_orig.std() < 110
    x = torch.randn(3, 64)
    y = F.linear(x, layer.linear.weight_orig * 0.01 / 8, layer.bias * 0.01)
    assert torch.allclose(layer(x), F.leaky_relu(y, 0.2), atol=1e-6)
    assert 0.5 < y.std() < 2  # unit variance goes through


def test_convolution():
    layer = EqualizedConv2d(4, 6, 3, 1)
    layer.bias.data.normal_()
    x = torch.randn(2, 4, 5, 5)
    weight = layer.weight_orig * math.sqrt(2 / 36)
    expected = F.conv2d(x, weight, layer.bias, padding=1)
    assert torch.allclose(layer(x), expected, atol=1e-6)


def test_pooled_convolution_averages_four_shifts():
    layer = EqualizedConv2d(2, 3, 3, 1, pool=True)
    x = torch.randn(1, 2, 8, 8)
    weight = F.pad(layer.weight_orig * math.sqrt(2 / 18), (1, 1, 1, 1))
    fused = (weight[..., 1:, 1:] + weight[..., :-1, 1:] +
             weight[..., 1:, :-1] + weight[..., :-1, :-1]) / 4
    expected = F.conv2d(x, fused, layer.bias, stride=2, padding=1)
    assert layer(x).shape == (1, 3, 4, 4)
    assert torch.allclose(layer(x), expected, atol=1e-6)


def test_upsampling_comes_before_the_convolution():
    layer = ConvLayer(2, 3, 3, 1, activate=True, upsample=True)
    x = torch.randn(1, 2, 4, 4)
    big = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.allclose(
        layer(x), F.leaky_relu(layer.conv(big), 0.2), atol=1e-6)


def test_blur_is_a_convolution_channel_by_channel():
    blur, x = Blur(), torch.randn(2, 3, 6, 6)
    row = torch.tensor([1., 2., 1.])
    kernel = torch.outer(row, row) / 16
    assert torch.allclose(blur.kernel, kernel)
    expected = torch.cat(
        [F.conv2d(c, kernel[None, None], padding=1) for c in x.split(1, 1)],
        1)
    assert torch.allclose(blur(x), expected, atol=1e-6)
