"""Weights of D3DP, MixSTE and this project load, or say why not."""
import numpy as np
import pytest
import tiny
import tiny_lifting
import torch
from mmpose.registry import MODELS
from torch import nn

from flexpose_mm import UserError

FRAMES = tiny_lifting.FRAMES


def build(**backbone):
    cfg = tiny_lifting.lifter()
    cfg['backbone'].update(backbone)
    return tiny.build(cfg, seed=1).backbone.eval()


def source():
    """A model whose weights all differ from a new one's."""
    model = tiny.build(tiny_lifting.lifter(), seed=7).backbone.eval()
    for p in model.parameters():
        nn.init.normal_(p, std=.2)
    return model


def d3dp_file(path, model, **state):
    """A file as D3DP writes it, random state of the data order included."""
    state = state or {f'module.{k}': v for k, v in model.state_dict().items()}
    torch.save(
        dict(epoch=3, lr=6e-5, random_state=np.random.RandomState(1234),
             optimizer=dict(state={}, param_groups=[]), model_pos=state),
        path)
    return str(path)


def answer(model, frames=FRAMES, t=500):
    rng = torch.Generator().manual_seed(0)
    keypoints = torch.rand(1, frames, 17, 2, generator=rng)
    noisy = torch.rand(1, frames, 17, 3, generator=rng)
    with torch.no_grad():
        return model.denoise(keypoints, noisy, torch.tensor([t]))


def test_state_dict_has_d3dps_220_keys_and_types():
    with torch.device('meta'):
        model = MODELS.build(
            dict(type='GaussianDiffusion', denoiser=dict(type='MixSTE')))
    state = model.state_dict()
    tables = {k: v for k, v in state.items()
              if not k.startswith('pose_estimator.')}
    assert len(state) == 220
    assert set(tables) == {
        'betas', 'alphas_cumprod', 'alphas_cumprod_prev',
        'sqrt_alphas_cumprod', 'sqrt_one_minus_alphas_cumprod',
        'log_one_minus_alphas_cumprod', 'sqrt_recip_alphas_cumprod',
        'sqrt_recipm1_alphas_cumprod', 'posterior_variance',
        'posterior_log_variance_clipped', 'posterior_mean_coef1',
        'posterior_mean_coef2'
    }
    assert all(v.dtype == torch.float64 and v.shape == (1000, )
               for v in tables.values())


def test_d3dp_loads_strictly(tmp_path):
    first = source()
    model = build(checkpoint=d3dp_file(tmp_path / 'd3dp.bin', first))
    assert model.has_weights
    torch.testing.assert_close(answer(model), answer(first))


def test_own_checkpoint_loads(tmp_path):
    lifter = tiny.build(tiny_lifting.lifter(), seed=3)
    path = str(tmp_path / 'own.pth')
    torch.save(dict(state_dict=lifter.state_dict()), path)
    assert torch.equal(
        answer(build(checkpoint=path)), answer(lifter.backbone.eval()))


def test_mixste_gives_its_answer_whatever_noise_and_time(tmp_path):
    first = source()
    state = {}
    for key, value in first.pose_estimator.state_dict().items():
        if 'time_mlp' not in key:
            state[f'module.{key}'] = value[:, :2].clone() \
                if key == 'Spatial_patch_to_embedding.weight' else value
    path = d3dp_file(tmp_path / 'mixste.bin', None, **state)
    model = build(checkpoint=path)
    weight = model.pose_estimator.Spatial_patch_to_embedding.weight
    assert torch.equal(
        weight[:, :2],
        first.pose_estimator.Spatial_patch_to_embedding.weight[:, :2])
    assert torch.equal(answer(model, t=0), answer(model, t=999))
    with torch.no_grad():  # the base network, written out
        net = first.pose_estimator
        net.Spatial_patch_to_embedding.weight[:, 2:] = 0
        net.time_mlp[3].weight.zero_(), net.time_mlp[3].bias.zero_()
    torch.testing.assert_close(answer(model), answer(first))


@pytest.mark.parametrize('frames, ways', [
    (5, ('slice', 'interpolate')), (15, ('interpolate', ))])
def test_other_number_of_frames(tmp_path, frames, ways):
    first = source()
    path = d3dp_file(tmp_path / 'd3dp.bin', first)
    cfg = tiny_lifting.lifter(frames=frames)['backbone']
    with pytest.raises(UserError, match=f'num_frames=9: .* has {frames}'):
        MODELS.build(dict(cfg, checkpoint=path))
    old = first.pose_estimator.Temporal_pos_embed
    for way in ways:
        model = MODELS.build(dict(cfg, checkpoint=path, temporal=way))
        new = model.pose_estimator.Temporal_pos_embed
        assert answer(model, frames).shape == (1, frames, 17, 3)
        middle = old[:, 4]
        torch.testing.assert_close(new[:, frames // 2], middle)
        if way == 'interpolate':
            torch.testing.assert_close(new[:, [0, -1]], old[:, [0, -1]])
    with pytest.raises(UserError, match="temporal='stretch'"):
        MODELS.build(dict(cfg, checkpoint=path, temporal='stretch'))


def test_files_that_do_not_fit(tmp_path):
    first = source()
    path = d3dp_file(tmp_path / 'd3dp.bin', first)
    with pytest.raises(UserError, match='make denoiser and timesteps'):
        build(checkpoint=path, timesteps=100)
    with pytest.raises(UserError, match=r'STEblocks.1.*has None here'):
        cfg = tiny_lifting.lifter()['backbone']
        cfg['denoiser']['depth'] = 1
        MODELS.build(dict(cfg, checkpoint=path))
    other = tmp_path / 'other.pth'
    torch.save(dict(conv=torch.ones(2)), other)
    with pytest.raises(UserError, match='holds no lifter'):
        build(checkpoint=str(other))
    with pytest.raises(UserError, match='no such file'):
        build(checkpoint=str(tmp_path / 'gone.pth'))
    state = first.state_dict()
    state['betas'] = state['betas'] + .01
    torch.save(dict(state_dict=state), other)
    with pytest.raises(UserError, match='another schedule'):
        build(checkpoint=str(other))


def test_code_is_not_run(tmp_path):
    import os
    path = tmp_path / 'evil.bin'

    class Evil:

        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'), )

    torch.save(dict(model_pos={}, random_state=Evil()), path)
    with pytest.raises(UserError, match='would run code'):
        build(checkpoint=str(path))
    assert not (tmp_path / 'ran').exists()


def test_what_may_be_read_is_as_before(tmp_path):
    before = set(map(str, torch.serialization.get_safe_globals()))
    build(checkpoint=d3dp_file(tmp_path / 'd3dp.bin', source()))
    assert set(map(str, torch.serialization.get_safe_globals())) == before


def test_an_adapted_lifter_is_no_source(tmp_path):
    path = str(tmp_path / 'source.pth')
    torch.save(dict(state_dict=source().state_dict()), path)
    adapted = tiny.build(
        tiny_lifting.lifter(tiny_lifting.adaptation(), path))
    torch.save(dict(state_dict=adapted.state_dict()), path)
    with pytest.raises(UserError, match='adapted lifter, not a source'):
        build(checkpoint=path)
