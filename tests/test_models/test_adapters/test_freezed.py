"""FreezeD: what is frozen, where the discriminator comes from."""
import pytest
import tiny
import torch
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.engine.optim import MultiOptimWrapperConstructor
from flexpose_mm.models.adapters import kept_steps


def runner(folder, iters=2, **kwargs):
    return tiny.runner(
        folder, tiny.rival('FreezeD', **kwargs), tiny.mixup(),
        tiny.two_adams(), iters=iters,
        custom_hooks=[dict(type='PrepareAdapterHook')])


def state_of(net):
    return {k: v.clone() for k, v in net.state_dict().items()}


def differs(before, after):
    return {k for k in before if not torch.equal(before[k], after[k])}


def save_gan(path, size=16):
    """A SkeletonGAN's checkpoint; its discriminator's weights."""
    model = tiny.build(tiny.gan(size), seed=3)
    torch.save(dict(state_dict=model.state_dict()), path)
    return model.discriminator.state_dict()


def test_the_coarse_blocks_of_d_learn(tmp_path):
    """At 32 px: 16, 8 and 4 px learn; 32 px and all from_rgb do not."""
    train = runner(tmp_path, size=32)
    model = train.model
    learns = {
        '.'.join(k.split('.')[:2])
        for k, v in model.discriminator.named_parameters() if v.requires_grad
    }
    assert learns == {'convs.1', 'convs.2', 'convs.3', 'final_linear.0'}
    data = DATASETS.build(tiny.mixup(16))
    model.prepare(data)
    before = state_of(model.discriminator)
    generator = state_of(model.generator)
    train.train()
    changed = differs(before, model.discriminator.state_dict())
    assert {'.'.join(k.split('.')[:2]) for k in changed} == learns
    assert 'style_mapping.1.linear.weight_orig' in differs(
        generator, model.generator.state_dict())
    average = model.generator_ema.module.state_dict()
    assert differs(generator, average) and differs(
        average, model.generator.state_dict())
    assert not differs(generator, model.source.state_dict())
    assert int(model.iteration) == 2


@pytest.mark.parametrize('blocks, first', [(0, 3), (1, 2), (3, 0)])
def test_number_of_trained_blocks(blocks, first):
    model = tiny.build(tiny.rival('FreezeD', trained_blocks=blocks))
    learns = [conv[0].conv.bias.requires_grad
              for conv in model.discriminator.convs]
    assert learns == [i >= first for i in range(3)]
    assert not model.discriminator.from_rgb[0].conv.bias.requires_grad
    assert model.discriminator.final_linear[0].bias.requires_grad


def test_a_source_discriminator_is_trained_first():
    """All of it, from the seed alone, once."""
    states = []
    for torch_seed in (1, 2):
        model = tiny.build(tiny.rival('FreezeD'))
        before = state_of(model.discriminator)
        source = state_of(model.generator)
        torch.manual_seed(torch_seed)
        data = DATASETS.build(tiny.mixup(16))
        model.prepare(data)
        assert not differs(source, model.generator.state_dict())
        assert any(
            k.startswith('from_rgb.0')
            for k in differs(before, model.discriminator.state_dict()))
        assert not model.discriminator.from_rgb[0].conv.bias.requires_grad
        assert all(p.grad is None for p in model.discriminator.parameters())
        states.append(state_of(model.discriminator))
        model.prepare(data)  # as a resumed run does
        assert not differs(states[-1], model.discriminator.state_dict())
    assert not differs(*states)


class Killed(BaseException):
    """As by a signal: nothing may catch it."""


def warmed_up(folder, monkeypatch, kill_at=None, **kwargs):
    """(State of D, steps done) of a warm-up in a folder."""
    model = tiny.build(
        tiny.rival('FreezeD', **dict(dict(warmup_iters=6), **kwargs)))
    model.work_dir, done, draw = str(folder), [], model.warmup_images

    def images(step):
        if step == kill_at:
            raise Killed
        done.append(step)
        return draw(step)

    monkeypatch.setattr(model, 'warmup_images', images)
    data = DATASETS.build(tiny.mixup(16))
    if kill_at is None:
        model.prepare(data)
    else:
        with pytest.raises(Killed):
            model.prepare(data)
    return state_of(model.discriminator), done


def test_a_killed_warm_up_goes_on(tmp_path, monkeypatch):
    """From the last kept step, to the end of the one left alone."""
    monkeypatch.setattr(kept_steps, 'INTERVAL', 2)
    (tmp_path / 'other').mkdir()
    alone, done = warmed_up(tmp_path / 'other', monkeypatch)
    assert done == [0, 1, 2, 3, 4, 5]
    killed, done = warmed_up(tmp_path, monkeypatch, kill_at=5)
    assert done == [0, 1, 2, 3, 4] and differs(alone, killed)
    resumed, done = warmed_up(tmp_path, monkeypatch)
    assert done == [4, 5] and not differs(alone, resumed)
    # killed after it, before the first checkpoint
    again, done = warmed_up(tmp_path, monkeypatch)
    assert not done and not differs(alone, again)
    assert not list(tmp_path.glob('.*'))
    # of another seed, and of other settings
    for change in (dict(seed=1), dict(warmup_lr=.001), dict(warmup_iters=3)):
        other, done = warmed_up(tmp_path, monkeypatch, **change)
        assert done[0] == 0 and differs(alone, other)


def test_warming_up_tells_real_from_drawn():
    model = tiny.build(tiny.rival('FreezeD', warmup_iters=30, r1_interval=4))
    tiny.scramble(model.source)
    model.prepare(DATASETS.build(tiny.mixup(16)))
    with torch.no_grad():
        real, fake = (model.discriminator(x).mean()
                      for x in model.warmup_images(999))
    assert real > fake + 0.5


def test_reals_of_the_warm_up_are_poses_of_the_source():
    model = tiny.build(tiny.rival('FreezeD'))
    tiny.scramble(model.source)
    real, fake = model.warmup_images(0)
    assert real.shape == fake.shape == (4, 3, 16, 16)
    again, _ = model.warmup_images(0)
    other, _ = model.warmup_images(1)
    assert torch.equal(real, again) and not torch.equal(real, other)


def test_weights_of_a_source_discriminator(tmp_path):
    expected = save_gan(tmp_path / 'gan.pth')
    torch.save(expected, tmp_path / 'bare.pth')
    for name in ('gan.pth', 'bare.pth'):
        path = str(tmp_path / name)
        model = tiny.build(
            tiny.rival(
                'FreezeD', regressor=None,
                discriminator=tiny.discriminator(checkpoint=path)))
        model.prepare(DATASETS.build(tiny.mixup(16)))
        assert not differs(expected, model.discriminator.state_dict())
        assert model.notes['discriminator'] == path


def test_weights_of_another_discriminator_are_refused(tmp_path):
    save_gan(tmp_path / 'gan.pth', 32)
    cfg = tiny.discriminator(checkpoint=str(tmp_path / 'gan.pth'))
    with pytest.raises(UserError, match='size=32|make in_size and channels'):
        tiny.build(tiny.rival('FreezeD', discriminator=cfg))


def test_a_step_depends_on_seed_and_iteration_only():
    states = []
    for torch_seed in (0, 5):
        model = tiny.build(tiny.rival('FreezeD'))
        data = DATASETS.build(tiny.mixup(16))
        model.prepare(data)
        optims = MultiOptimWrapperConstructor({
            k: v
            for k, v in tiny.two_adams().items() if k != 'constructor'
        })(model)
        batch = pseudo_collate([data[i] for i in range(4)])
        torch.manual_seed(torch_seed)
        log = model.train_step(batch, optims)
        assert set(log) == {'loss_d', 'loss_g', 'real', 'fake', 'r1'}
        states.append(state_of(model.generator))
    assert not differs(*states)


@pytest.mark.parametrize('wrong, said', [
    (dict(trained_blocks=4), 'trained_blocks=4'),
    (dict(trained_blocks=-1), 'trained_blocks=-1'),
    (dict(warmup_iters=0), 'warmup_iters'),
    (dict(regressor=None), 'regressor='),
    (dict(discriminator=tiny.discriminator(32)), 'in_size=32'),
])
def test_wrong_arguments_are_refused(wrong, said):
    with pytest.raises(UserError, match=said):
        tiny.build(tiny.rival('FreezeD', **wrong))


def test_one_wrapper_for_both_networks_is_refused():
    model = tiny.build(tiny.rival('FreezeD'))
    with pytest.raises(UserError, match='MMSeparateDistributed'):
        model(None, [], mode='loss')
    with pytest.raises(UserError, match='PoseMixupDataset'):
        model.prepare([1, 2])
