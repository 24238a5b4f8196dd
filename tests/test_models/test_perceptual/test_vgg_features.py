"""Gamma from VGG-16: weights that are asked for, never others."""
import pytest
import torch
import torchvision

from flexpose_mm import UserError
from flexpose_mm.models.perceptual import VGGFeatures

EARLY = ('relu1_2', 'relu2_2')
IMAGES = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope='module')
def features(tmp_path_factory):
    """File with the ``features.*`` part of a torchvision state dict."""
    torch.manual_seed(3)
    with torch.device('meta'):  # its classifier has 123 million weights
        net = torchvision.models.vgg16(init_weights=False).features
    net.to_empty(device='cpu')
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.02)
    state = {f'features.{k}': v.detach() for k, v in net.state_dict().items()}
    path = tmp_path_factory.mktemp('vgg') / 'vgg16.pth'
    torch.save(state, path)
    return path, net


def test_random_weights_come_from_the_seed():
    first = VGGFeatures('random', EARLY)
    torch.manual_seed(99)
    again, other = VGGFeatures('random', EARLY), VGGFeatures(
        'random', EARLY, seed=1)
    for a, b, c in zip(first(IMAGES), again(IMAGES), other(IMAGES)):
        assert torch.equal(a, b) and not torch.equal(a, c)
    kinds = {type(m).__name__ for m in first.net}
    assert 'AvgPool2d' in kinds and 'MaxPool2d' not in kinds
    assert first.name == 'vgg16 (random)'


def test_random_state_of_the_run_is_left_alone():
    state = torch.get_rng_state()
    VGGFeatures('random', EARLY)
    assert torch.equal(state, torch.get_rng_state())


def test_local_file_is_read(features):
    path, net = features
    gamma = VGGFeatures(str(path))
    maps = gamma(IMAGES * 2 - 1)
    assert [tuple(m.shape[1:]) for m in maps] == [
        (64, 16, 16), (128, 8, 8), (256, 4, 4), (512, 2, 2)
    ]
    mean = torch.tensor([.485, .456, .406])[:, None, None]
    std = torch.tensor([.229, .224, .225])[:, None, None]
    expected = net[:4]((IMAGES - mean) / std)
    assert torch.allclose(maps[0], expected, atol=1e-4)
    assert str(path) in gamma.name


@pytest.mark.parametrize('spoil', ['shape', 'missing', 'other'])
def test_wrong_file_is_refused(spoil, features, tmp_path):
    state = torch.load(features[0], weights_only=True)
    if spoil == 'shape':
        state['features.0.weight'] = torch.zeros(64, 1, 3, 3)
    if spoil == 'missing':
        del state['features.28.weight']
    if spoil == 'other':
        state = dict(weight=torch.zeros(1))
    torch.save(state, tmp_path / 'wrong.pth')
    with pytest.raises(UserError, match='no state dict of'):
        VGGFeatures(str(tmp_path / 'wrong.pth'))


def test_missing_file_is_refused():
    with pytest.raises(UserError, match='no such file'):
        VGGFeatures('nowhere.pth')


def test_failed_download_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))

    def download(*args, **kwargs):
        raise OSError('no route to host')

    monkeypatch.setattr(torch.hub, 'load_state_dict_from_url', download)
    with pytest.raises(UserError) as e:
        VGGFeatures('imagenet')
    for word in ('no route to host', str(tmp_path), 'vgg16-397923af.pth',
                 'RegressorFeatures'):
        assert word in str(e.value)


@pytest.mark.parametrize('layers', [(), ('relu9_9', )])
def test_wrong_layers_are_refused(layers):
    with pytest.raises(UserError, match='layers'):
        VGGFeatures('random', layers)


def test_frozen_but_differentiable():
    gamma = VGGFeatures('random', EARLY).train()
    x = IMAGES.clone().requires_grad_()
    sum(m.square().mean() for m in gamma(x)).backward()
    assert x.grad.abs().sum() > 0 and not gamma.training
    assert all(not p.requires_grad for p in gamma.parameters())
