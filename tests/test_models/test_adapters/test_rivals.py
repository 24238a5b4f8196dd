"""What all rivals share: what learns, the start, the end of a run."""
import pytest
import tiny
import torch
from mmpose.registry import DATASETS, MODELS

from flexpose_mm import UserError
from flexpose_mm.checkpoints import decode_meta
from flexpose_mm.models.adapters import StyleMapAdapter
from flexpose_mm.models.generators import StyleTransferMap

HOOKS = [dict(type='ExactResumeHook'), dict(type='PrepareAdapterHook')]
MAPS = ['LoRAAdapter', 'AdaGAN', 'NonlinearAdapter']
RIVALS = [*MAPS, 'DirectTransfer', 'FreezeD']
CODES = {'AdaGAN': {'target_codes'}}


def optimisers(name):
    return tiny.two_adams() if name == 'FreezeD' else tiny.adam()


def build(name, **kwargs):
    """A rival on a scrambled source, which must not start as a fresh one."""
    model = tiny.build(tiny.rival(name, **kwargs))
    tau, model.generator.tau = model.generator.tau, StyleTransferMap({})
    tiny.scramble(model.generator)
    model.generator.tau = tau
    return model


def train(folder, name, iters=2, **kwargs):
    model = tiny.rival(name, **kwargs.pop('model', {}))
    runner = tiny.runner(folder, model, tiny.mixup(), optimisers(name),
                         iters=iters, custom_hooks=HOOKS, **kwargs)
    before = {k: v.clone() for k, v in runner.model.named_parameters()}
    runner.train()
    changed = {
        k for k, v in runner.model.named_parameters()
        if not torch.equal(before[k], v)
    }
    return runner.model, changed


def full_size(name, size=128, **kwargs):
    """The trained part of an adapter of paper size, without its numbers."""
    with torch.device('meta'):
        net = MODELS.build(dict(type='StyleGANv1Generator', out_size=size))
    adapter = MODELS.get(name).__new__(MODELS.get(name))
    torch.nn.Module.__init__(adapter)
    for key, value in kwargs.items():
        setattr(adapter, key, value)
    layers = range(1, net.num_latents + 1)
    with torch.device('meta'):
        return {
            layer: adapter.build_block(net.style_width(layer))
            for layer in layers
        }


def count(*parts):
    return sum(p.numel() for part in parts for p in part.parameters())


@pytest.mark.parametrize('name', MAPS)
def test_only_the_map_learns(name, tmp_path):
    model, changed = train(tmp_path, name)
    learns = {k for k, v in model.named_parameters() if v.requires_grad}
    expected = {
        k for k, _ in model.named_parameters()
        if k.startswith('generator.tau.')
    } | CODES.get(name, set())
    assert learns == expected and changed <= expected
    # B and W2 are 0 at first, so that A and W1 get no gradient at step one
    assert changed >= {k for k in expected if not k.endswith('lora_A')}
    assert not model.generator.training and int(model.iteration) == 2


def test_nothing_learns_without_adaptation(tmp_path):
    model, changed = train(tmp_path, 'DirectTransfer')
    assert not changed and model.num_trainable == 0
    assert int(model.iteration) == 2
    shown = model.preview(2)
    assert torch.equal(shown['source'], shown['adapted'])
    path, = tmp_path.rglob('scalars.json')
    assert 'loss_perceptual' in path.read_text()


def test_parameters_at_paper_size():
    """Fact sheet, sections 1.2 and 6."""
    lora = full_size('LoRAAdapter', rank=8, alpha=8.)
    assert count(*lora.values()) == 155_648
    assert count(lora[3]) == 16_384
    assert count(*full_size('AdaGAN').values()) == 9_728
    assert count(full_size('NonlinearAdapter')[3]) == 2 * 1_048_576


@pytest.mark.parametrize('name', RIVALS)
@pytest.mark.parametrize('precision', [None, 'bfloat16'])
def test_starts_as_the_source(name, precision):
    model = build(name, autocast=precision)
    if name == 'FreezeD':  # built before the source was scrambled
        model.source.load_state_dict(model.generator.state_dict())
        model.generator_ema.module.load_state_dict(
            model.generator.state_dict())
    z = model.codes(range(3))
    found = model.draw(z, randomize_noise=False)
    source = model.draw(z, model.source_generator(), randomize_noise=False)
    assert torch.equal(found, source)
    assert found.std() > 0.01


@pytest.mark.parametrize('name', MAPS)
def test_an_adapted_generator_is_shown_beside_its_source(name):
    model = build(name)
    z = model.codes(range(3))
    image = model.draw(z, randomize_noise=False)
    tiny.scramble(model.generator.tau)
    shown = model.preview(3)
    assert torch.equal(shown['source'], image)
    assert not torch.allclose(shown['adapted'], image, atol=1e-3)


@pytest.mark.parametrize('name', ['LoRAAdapter', 'AdaGAN'])
def test_merges_into_the_generator(name):
    model = build(name)
    tiny.scramble(model.generator.tau)
    z = model.codes(range(3))
    apart = model.draw(z, randomize_noise=False)
    merged = model.generator.merge_tau()
    assert not any('tau' in k for k in merged.state_dict())
    torch.testing.assert_close(
        model.draw(z, merged, randomize_noise=False), apart, rtol=1e-4,
        atol=1e-4)


def test_what_is_not_linear_does_not_merge():
    with pytest.raises(UserError, match='linear map'):
        build('NonlinearAdapter').generator.merge_tau()


@pytest.mark.parametrize('name', MAPS)
def test_loss_falls(name):
    model = build(name)
    data = DATASETS.build(tiny.mixup(16))
    model.prepare(data)
    samples = [data[i]['data_samples'] for i in range(16)]
    optim = torch.optim.Adam(
        [p for p in model.parameters() if p.requires_grad], 0.01)
    values = []
    for _ in range(15):
        losses = model.losses(samples)
        values.append(losses.get('loss_pixel', losses['loss_perceptual']))
        optim.zero_grad()
        sum(losses.values()).backward()
        optim.step()
    assert values[-1] < 0.95 * values[0]


@pytest.mark.parametrize('name', RIVALS)
def test_saved_resumed_and_loaded_exactly(name, tmp_path):
    whole = train(tmp_path / 'whole', name, 4)[0].state_dict()
    train(tmp_path / 'half', name, 2)
    resumed = train(
        tmp_path / 'half', name, 4, resume=True,
        load_from=str(tmp_path / 'half/iter_2.pth'))[0].state_dict()
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)
    model = tiny.build(tiny.rival(name), seed=7)
    model.load_state_dict(whole)
    assert all(torch.equal(whole[k], v) for k, v in model.state_dict().items())


@pytest.mark.parametrize('name', ['LoRAAdapter', 'NonlinearAdapter'])
def test_the_start_depends_on_the_seed_only(name):
    first, second, other = (
        tiny.build(tiny.rival(name, seed=seed), seed=torch_seed)
        for seed, torch_seed in ((0, 0), (0, 1), (1, 0)))
    for (key, a), b, c in zip(first.generator.tau.named_parameters(),
                              second.generator.tau.parameters(),
                              other.generator.tau.parameters()):
        assert torch.equal(a, b)
        if key.endswith(('lora_A', 'weight1')):
            assert not torch.equal(a, c)


def test_checkpoints_say_which_method():
    meta = {
        name: decode_meta(
            tiny.build(tiny.rival(name)).state_dict()['_extra_state'])
        for name in RIVALS
    }
    assert meta['LoRAAdapter']['rank'] == 8
    assert meta['AdaGAN']['anchor_codes'] == 'learned'
    assert meta['FreezeD']['discriminator'] == 'trained for 2 steps'
    assert meta['NonlinearAdapter']['tau_layers'] == [1, 2, 3, 4, 5, 6]


def test_a_map_needs_a_layer():
    with pytest.raises(UserError, match='at least one layer'):
        tiny.build(tiny.adapter(tau_layers=()))
    with pytest.raises(NotImplementedError):
        StyleMapAdapter.__new__(StyleMapAdapter).build_block(4)
