"""MixSTE and VideoPoseDenoiser: counts, keys, equivalences."""
import pytest
import torch
from mmpose.registry import MODELS
from torch import nn

from flexpose_mm import UserError
from flexpose_mm.models.lifting import mixste
from flexpose_mm.models.lifting.denoiser import SinusoidEmbedding
from flexpose_mm.models.lifting.mixste import Attention

SMALL = dict(type='MixSTE', num_frames=5, embed_dims=16, depth=2, num_heads=2)


def count(module):
    return sum(p.numel() for p in module.parameters())


def build(seed=0, **kwargs):
    torch.manual_seed(seed)
    net = MODELS.build({**SMALL, **kwargs}).eval()
    for p in net.parameters():  # position embeddings begin as zeros
        nn.init.normal_(p, std=.2)
    return net


@pytest.mark.parametrize('frames, dims, parameters', [
    (243, 512, 34_835_459), (27, 512, 34_724_867), (243, 256, 8_766_979),
    (243, 1024, 138_876_931)])
def test_parameter_counts(frames, dims, parameters):
    with torch.device('meta'):
        net = MODELS.build(
            dict(type='MixSTE', num_frames=frames, embed_dims=dims))
    assert count(net) == parameters


def test_key_table():
    with torch.device('meta'):
        state = MODELS.build(dict(type='MixSTE')).state_dict()
    shapes = {k: tuple(v.shape) for k, v in state.items()}
    want = {
        'Spatial_pos_embed': (1, 17, 512),
        'Temporal_pos_embed': (1, 243, 512),
        'Spatial_patch_to_embedding.weight': (512, 5),
        'time_mlp.1.weight': (1024, 512), 'time_mlp.3.weight': (512, 1024),
        'head.0.weight': (512, ), 'head.1.weight': (3, 512),
        'Spatial_norm.bias': (512, ), 'Temporal_norm.bias': (512, )
    }
    for blocks in ('STEblocks', 'TTEblocks'):
        want.update({
            f'{blocks}.7.attn.qkv.weight': (1536, 512),
            f'{blocks}.7.attn.proj.weight': (512, 512),
            f'{blocks}.7.mlp.fc1.weight': (1024, 512),
            f'{blocks}.7.mlp.fc2.weight': (512, 1024),
            f'{blocks}.7.norm1.weight': (512, ),
            f'{blocks}.7.norm2.bias': (512, )
        })
    assert {k: shapes.get(k) for k in want} == want
    assert len(shapes) == 208


def test_drop_path_rates_and_norms():
    net = MODELS.build(dict(SMALL, depth=8))
    golden = [0, .0142857, .0285714, .0428571, .0571429, .0714286, .0857143,
              .1]
    for blocks in (net.STEblocks, net.TTEblocks):
        assert [b.drop_path for b in blocks] == pytest.approx(golden,
                                                              abs=1e-7)
    assert net.STEblocks[0].norm1.eps == net.Spatial_norm.eps == 1e-6
    assert net.head[0].eps == 1e-5


def test_attention_is_softmax_of_scaled_products():
    torch.manual_seed(0)
    layer, x = Attention(16, 2), torch.randn(3, 5, 16)
    q, k, v = layer.qkv(x).view(3, 5, 3, 2, 8).permute(2, 0, 3, 1, 4)
    weights = (q @ k.transpose(-1, -2) / 8**.5).softmax(-1)
    want = layer.proj((weights @ v).transpose(1, 2).reshape(3, 5, 16))
    torch.testing.assert_close(layer(x), want, atol=1e-6, rtol=1e-5)


def test_sinusoid():
    found = SinusoidEmbedding(512)(torch.tensor([0, 999]))
    assert found.shape == (2, 512)
    assert torch.equal(found[0], torch.cat([torch.zeros(256),
                                            torch.ones(256)]))
    assert found[1, 0].item() == pytest.approx(
        torch.sin(torch.tensor(999.)).item(), abs=1e-6)
    assert found[1, 255].item() == pytest.approx(.0999 - .0999**3 / 6,
                                                 abs=1e-5)


def test_embedding_is_one_layer_of_five_channels_2d_first():
    net = build()
    keypoints, poses = torch.randn(2, 5, 17, 2), torch.randn(2, 3, 5, 17, 3)
    t = torch.tensor([4, 900])
    both = torch.cat([keypoints[:, None].expand(-1, 3, -1, -1, -1), poses],
                     -1)
    want = net.Spatial_patch_to_embedding(both) + net.Spatial_pos_embed + \
        net.time_mlp(t).view(2, 1, 1, 1, 16)
    torch.testing.assert_close(
        net.embed(keypoints, poses, t), want, atol=1e-5, rtol=1e-5)


def test_clips_can_be_computed_in_any_groups(monkeypatch):
    net = build()
    args = (torch.randn(2, 5, 17, 2), torch.randn(2, 3, 5, 17, 3),
            torch.tensor([4, 900]))
    whole = net(*args)
    monkeypatch.setattr(mixste, 'CPU_CHUNK', 1)
    torch.testing.assert_close(net(*args), whole, atol=1e-5, rtol=1e-5)


def test_frames_and_joints_are_told_apart():
    net = build()
    keypoints, poses = torch.randn(1, 5, 17, 2), torch.randn(1, 5, 17, 3)
    t = torch.tensor([7])
    first = net(keypoints, poses, t)
    assert first.shape == (1, 5, 17, 3)
    moved = net(keypoints.roll(1, 1), poses.roll(1, 1), t).roll(-1, 1)
    assert not torch.allclose(first, moved, atol=1e-4)
    with torch.no_grad():
        net.Temporal_pos_embed.zero_()
    torch.testing.assert_close(
        net(keypoints.roll(1, 1), poses.roll(1, 1), t).roll(-1, 1),
        net(keypoints, poses, t), atol=1e-5, rtol=1e-4)


def test_stochastic_depth_only_in_training():
    net = build(drop_path_rate=.9)
    args = (torch.randn(8, 5, 17, 2), torch.randn(8, 5, 17, 3),
            torch.zeros(8))
    assert torch.equal(net(*args), net(*args))
    net.train()
    assert not torch.equal(net(*args), net(*args))


@pytest.mark.parametrize('wrong', [
    dict(depth=0), dict(embed_dims=15), dict(num_frames=-1),
    dict(drop_path_rate=1.)])
def test_wrong_arguments(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        MODELS.build({**SMALL, **wrong})


# -- VideoPose3D's layers ----------------------------------------------------
@pytest.mark.parametrize('widths, parameters, field', [
    ((3, 3, 3), 8_712_243, 27), ((3, ) * 5, 17_109_043, 243)])
def test_videopose_counts(widths, parameters, field):
    with torch.device('meta'):
        net = MODELS.build(
            dict(type='VideoPoseDenoiser', filter_widths=widths))
    assert count(net) - count(net.time_mlp) == parameters
    assert net.receptive_field == field
    keys = set(net.state_dict())
    assert {'expand_conv.weight', 'expand_bn.running_var', 'shrink.bias',
            f'layers_conv.{2 * len(widths) - 3}.weight'} <= keys


def test_videopose_repeats_the_edges():
    torch.manual_seed(0)
    net = MODELS.build(
        dict(type='VideoPoseDenoiser', num_frames=5, channels=8,
             time_dims=8)).eval()
    args = [torch.randn(2, 5, 17, 2), torch.randn(2, 3, 5, 17, 3),
            torch.tensor([3, 900])]
    found = net(*args)
    assert found.shape == (2, 3, 5, 17, 3)
    torch.testing.assert_close(
        net(args[0], args[1][:, 1], args[2]), found[:, 1], atol=1e-5,
        rtol=1e-4)
    longer = [torch.cat([x[..., :1, :, :], x], -3) for x in args[:2]]
    assert net(*longer, args[2]).shape[2] == 6
    still = [x[..., :1, :, :].expand_as(x) for x in args[:2]]
    found = net(*still, args[2])
    torch.testing.assert_close(found[:, :, 0], found[:, :, 4], atol=1e-5,
                               rtol=1e-4)


@pytest.mark.parametrize('wrong', [
    dict(filter_widths=(3, 2)), dict(time_dims=7)])
def test_videopose_wrong_arguments(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        MODELS.build(dict(type='VideoPoseDenoiser', **wrong))
