"""FlexPose: what learns, from what, and what is saved."""
import pytest
import tiny
import torch
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.checkpoints import decode_meta
from flexpose_mm.models.adapters import PoseAdapter
from flexpose_mm.models.adapters.pairing import mix_codes

HOOKS = [dict(type='ExactResumeHook'), dict(type='PrepareAdapterHook')]


def prior(tmp_path, size=16, **kwargs):
    """A random source prior as a checkpoint."""
    model = tiny.build(tiny.gan(size, **kwargs))
    tiny.scramble(model.generator_ema.module)
    path = tmp_path / 'prior.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


def from_prior(path, **kwargs):
    return tiny.adapter(generator=tiny.generator(checkpoint=path), **kwargs)


def prepared(n=16, **kwargs):
    """An adapter that has seen T*, and a batch of it."""
    cfg = tiny.adapter(**kwargs)
    model = tiny.build(cfg)
    tiny.scramble(model.generator)
    with torch.no_grad():
        for block in model.generator.tau.blocks.values():
            block.weight.copy_(torch.eye(len(block.weight)))
    data = DATASETS.build(tiny.mixup(n))
    model.prepare(data)
    return model, [data[i]['data_samples'] for i in range(n)], data


def test_only_tau_learns(tmp_path):
    path = prior(tmp_path)
    runner = tiny.runner(
        tmp_path, from_prior(path), tiny.mixup(), tiny.adam(),
        custom_hooks=HOOKS)
    model = runner.model
    before = {k: v.clone() for k, v in model.named_parameters()}
    runner.train()
    changed = {
        k for k, v in model.named_parameters()
        if not torch.equal(before[k], v)
    }
    assert changed == {'generator.tau.blocks.3.weight'}
    assert {k for k, v in model.named_parameters() if v.requires_grad} == changed
    assert model.num_trainable == 32 * 32
    assert not model.generator.training and int(model.iteration) == 2


def test_starts_as_the_source(tmp_path):
    path = prior(tmp_path)
    model = tiny.build(from_prior(path, tau_layers='all'))
    source = tiny.build(tiny.gan())
    source.load_state_dict(torch.load(path)['state_dict'])
    z = model.codes(range(3))
    image = source.draw(z, randomize_noise=False)
    assert torch.equal(model.draw(z, randomize_noise=False), image)
    for p in model.generator.tau.parameters():
        p.data += 0.1 * torch.randn_like(p)
    shown = model.preview(3)
    assert torch.equal(shown['source'], image)
    assert not torch.allclose(shown['adapted'], image, atol=1e-3)


@pytest.mark.parametrize('pairing', ['mix', 'fixed'])
def test_loss_falls(pairing):
    model, samples, _ = prepared(pairing=pairing, tau_layers=(1, 3))
    optim = torch.optim.Adam(
        [p for p in model.parameters() if p.requires_grad], 0.01)
    values = []
    for _ in range(15):
        loss = model.losses(samples)['loss_perceptual']
        optim.zero_grad()
        loss.backward()
        optim.step()
        values.append(loss.item())
    assert values[-1] < 0.9 * values[0]


def test_codes_of_a_batch():
    model, samples, data = prepared()
    mixup = torch.stack([torch.as_tensor(s.mixup) for s in samples])
    assert len(model.anchors) == len(data.shots)
    expected = mix_codes(model.anchors, mixup)
    assert torch.equal(model.training_codes(samples), expected)
    model.pairing = 'resample'
    first = model.training_codes(samples)
    assert torch.equal(first, model.training_codes(samples))
    model.iteration += 1
    assert not torch.equal(first, model.training_codes(samples))


def test_fixed_codes_belong_to_the_poses_of_t_star():
    model, samples, data = prepared(pairing='fixed')
    assert len(model.anchors) == len(data)
    assert torch.equal(model.training_codes(samples), model.anchors)


@pytest.mark.parametrize('anchors', ['nearest_centered', 'ot'])
def test_anchors_come_from_the_pool(anchors):
    model, _, data = prepared(
        anchor_codes=anchors, regressor=tiny.regressor())
    assert model.anchors.shape == (len(data.shots), tiny.STYLE)
    if anchors == 'ot':
        assert len(model.anchors.unique(dim=0)) == len(data.shots)


def test_target_features_without_memory_are_the_same():
    model, samples, _ = prepared()
    cached = model.losses(samples)['loss_perceptual']
    other, _, _ = prepared(feature_cache_mb=0)
    assert not other.target_features.enabled
    assert torch.allclose(other.losses(samples)['loss_perceptual'], cached)


def test_distributed_wrappers_take_the_same_step():
    """MMEngine's wrapper calls forward(mode='loss'), not train_step."""
    model, samples, _ = prepared(pairing='resample')
    expected = model.losses(samples)['loss_perceptual'].detach()
    found = model(None, samples, mode='loss')['loss_perceptual'].detach()
    assert torch.equal(found, expected) and int(model.iteration) == 1
    model(None, samples, mode='loss')
    assert int(model.iteration) == 2


def test_saved_and_resumed_exactly(tmp_path):
    path = prior(tmp_path)

    def train(folder, iters, **kwargs):
        runner = tiny.runner(
            tmp_path / folder, from_prior(path), tiny.mixup(), tiny.adam(),
            iters=iters, custom_hooks=HOOKS, **kwargs)
        runner.train()
        return runner.model.state_dict()

    whole = train('whole', 4)
    train('half', 2)
    resumed = train(
        'half', 4, resume=True, load_from=str(tmp_path / 'half/iter_2.pth'))
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)
    model = tiny.build(from_prior(path), seed=7)
    model.load_state_dict(whole)
    key = 'generator.tau.blocks.3.weight'
    assert torch.equal(model.state_dict()[key], whole[key])


def test_checkpoint_says_how_it_was_made():
    meta = decode_meta(tiny.build(tiny.adapter()).state_dict()['_extra_state'])
    assert meta['gamma'] == 'encoder of beta' and meta['pairing'] == 'mix'
    assert meta['size'] == 16 and meta['skeleton'] == 'body15'
    assert meta['tau_layers'] == [3] and meta['anchor_codes'] == 'random'


def test_adapters_of_another_canvas_are_refused():
    model = tiny.build(tiny.adapter())
    state = model.state_dict()
    other = tiny.build(
        tiny.adapter(data_preprocessor=tiny.preprocessor(colors='gray')))
    with pytest.raises(UserError, match="colors='rgb'"):
        other.load_state_dict(state)


@pytest.mark.parametrize('wrong, said', [
    (dict(pairing='some'), 'pairing'),
    (dict(anchor_codes='near'), 'anchor_codes'),
    (dict(anchor_codes='ot'), 'regressor='),
    (dict(pool_size=0), 'pool_size'),
    (dict(tau_layers=(9, )), 'tau_layers'),
])
def test_wrong_arguments_are_refused(wrong, said):
    with pytest.raises(UserError, match=said):
        tiny.build(tiny.adapter(**wrong))


def test_training_data_must_fit():
    model = tiny.build(tiny.adapter())
    with pytest.raises(UserError, match='PrepareAdapterHook'):
        model.losses([])
    with pytest.raises(UserError, match='PoseMixupDataset'):
        model.prepare([1, 2])
    with pytest.raises(UserError, match="pairing='mix'"):
        model.prepare(DATASETS.build(tiny.poses(4)))


def test_base_leaves_the_method_open():
    base = PoseAdapter.__new__(PoseAdapter)
    with pytest.raises(NotImplementedError):
        base.build_trainable()
    with pytest.raises(NotImplementedError):
        base.source_generator()
    assert base.regularisation() == {}
