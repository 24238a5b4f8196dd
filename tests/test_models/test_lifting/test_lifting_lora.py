"""LoRA and the bias: counts, gradients, exact merge."""
import pytest
import torch
from mmpose.registry import MODELS
from torch import nn

from flexpose_mm import UserError
from flexpose_mm.models.lifting import inject_lora, merge_lora
from flexpose_mm.models.lifting.lora import LowRankLayer

NETS = dict(
    mixste=dict(
        type='MixSTE', num_frames=5, embed_dims=16, depth=2, num_heads=2),
    videopose=dict(
        type='VideoPoseDenoiser', num_frames=5, channels=8, time_dims=8))
INPUTS = (torch.zeros(2, 5, 17, 2), torch.ones(2, 5, 17, 3) / 2,
          torch.tensor([3, 900]))


def build(name):
    torch.manual_seed(0)
    return MODELS.build(NETS[name]).eval()


@pytest.mark.parametrize('rank', [1, 4, 6])
def test_32_layers_and_49152_numbers_per_rank(rank):
    with torch.device('meta'):
        net = MODELS.build(dict(type='MixSTE')).requires_grad_(False)
        assert inject_lora(net, rank) == 32
    learn = {k: p for k, p in net.named_parameters() if p.requires_grad}
    assert sum(p.numel() for p in learn.values()) == 49_152 * rank
    shapes = {k: tuple(v.shape) for k, v in net.state_dict().items()}
    prefix = 'TTEblocks.7.attn.qkv.'
    assert shapes[prefix + 'linear.weight'] == (1536, 512)
    assert shapes[prefix + 'lora_down.weight'] == (rank, 512)
    assert shapes[prefix + 'lora_up.weight'] == (1536, rank)


@pytest.mark.parametrize('name', NETS)
def test_starts_as_the_source_and_merges_exactly(name):
    net = build(name)
    plain, keys = net(*INPUTS), set(net.state_dict())
    layers = inject_lora(net, 3)
    assert torch.equal(net(*INPUTS), plain)
    for module in net.modules():
        if isinstance(module, LowRankLayer):
            nn.init.normal_(module.lora_up.weight, std=.1)
    adapted = net(*INPUTS)
    assert (adapted - plain).abs().max() > 1e-4
    assert merge_lora(net) == layers == dict(mixste=8, videopose=4)[name]
    torch.testing.assert_close(net(*INPUTS), adapted, atol=2e-6, rtol=1e-5)
    assert set(net.state_dict()) == keys
    assert merge_lora(net) == 0


def test_a_is_normal_with_deviation_1_over_rank():
    torch.manual_seed(0)
    layer = LowRankLayer(nn.Linear(4096, 3), 4)
    assert layer.lora_down.weight.std().item() == pytest.approx(.25, rel=.03)
    assert not layer.lora_up.weight.any()


def test_weights_saved_before_injection_load_after_it():
    source, net = build('mixste'), build('mixste')
    for p in source.parameters():
        nn.init.normal_(p, std=.3)
    inject_lora(net, 2)
    missing, unexpected = net.load_state_dict(
        source.state_dict(), strict=False)
    assert not unexpected and all('.lora_' in k for k in missing)
    assert torch.equal(net(*INPUTS), source(*INPUTS))


def test_no_layer_is_refused():
    with pytest.raises(UserError, match='names no layer to adapt'):
        inject_lora(nn.Linear(2, 2), 4)


def test_a_second_injection_is_refused():
    net = build('mixste')
    inject_lora(net, 2)
    with pytest.raises(UserError, match='inject once only'):
        inject_lora(net, 2)


@pytest.mark.parametrize('rank', [0, 1.5])
def test_wrong_rank(rank):
    with pytest.raises(UserError, match='rank='):
        inject_lora(build('mixste'), rank)
