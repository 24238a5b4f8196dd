"""PriorWarmStart: both phases, growing, layers that keep the pose."""
import pytest
import tiny
import torch

from flexpose_mm import UserError


def config(**kwargs):
    return {
        **dict(
            type='PriorWarmStart',
            generator=tiny.generator(),
            teacher=dict(type='PoseFlow', width=16, depth=1),
            data_preprocessor=tiny.preprocessor(),
            mapping_iters=1,
            mapping_batch_size=8,
            pool_size=16,
            images_per_scale={
                8: 4,
                16: 100
            },
            batch_size=4),
        **kwargs
    }


OPTIM = dict(
    constructor='MultiOptimWrapperConstructor',
    mapping=tiny.adam(modules=['generator.style_mapping']),
    synthesis=tiny.adam(modules=['generator']))


def test_both_phases_through_the_runner(tmp_path):
    data = dict(type='LatentCodeDataset', size=1)
    runner = tiny.runner(tmp_path, config(), data, OPTIM, iters=3, batch=1)
    model = runner.model
    constant = model.generator.convs[0].conv1.input.clone()
    w = model.generator.style_mapping[1].linear.weight_orig.clone()
    teacher = model.teacher.field.head.weight.clone()
    runner.train()
    assert not torch.equal(constant, model.generator.convs[0].conv1.input)
    assert not torch.equal(
        w, model.generator.style_mapping[1].linear.weight_orig)
    assert torch.equal(teacher, model.teacher.field.head.weight)
    # its checkpoint is a source prior, and a start for SkeletonGAN
    path = str(tmp_path / 'iter_3.pth')
    tiny.build(tiny.adapter(generator=tiny.generator(checkpoint=path)))
    missing = tiny.build(tiny.gan()).load_state_dict(
        torch.load(path, weights_only=True)['state_dict'], strict=False)
    assert all(k.startswith('discriminator.') for k in missing.missing_keys)


def test_growing_of_the_second_phase():
    model = tiny.build(config())
    found = []
    for i in (1, 2, 3):
        model.iteration.fill_(i)
        found.append(model.growth())
    assert found == [(8, 1.), (16, 0.), (16, 1.)]


def test_only_fine_layers_see_another_code():
    model = tiny.build(config(mix_prob=1., mix_from=4))
    w = torch.randn(6, tiny.STYLE)
    latent = model.mix(w, 6)
    assert torch.equal(latent[:, :3], w[:, None].expand(-1, 3, -1))
    swapped = (latent != w[:, None]).any(2)
    assert swapped[:, 5].all()  # from its first such layer to the last
    assert torch.equal(swapped, swapped.cummax(1)[0])
    assert torch.equal(model.mix(w, 2), w[:, None].expand(-1, 6, -1))


def test_the_mapping_learns_the_pool_and_then_stays():
    model = tiny.build(config(mapping_iters=60))
    f = model.generator.style_mapping
    z, poses = model.pool()
    # the flow reads the normalised code, and is asked once
    first = torch.nn.functional.normalize(z) * tiny.STYLE**.5
    expected = model.teacher.poses(first[:, :model.teacher.dim])
    torch.testing.assert_close(poses, expected, rtol=1e-4, atol=1e-4)
    assert model.pool()[0] is z
    optim = torch.optim.Adam(f.parameters(), 0.5)
    losses = []
    for i in range(60):
        model.iteration.fill_(i)
        optim.zero_grad()
        loss = model.mapping_loss()
        loss.backward()
        optim.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    optim.zero_grad()
    model.iteration.fill_(60)
    model.synthesis_loss().backward()
    assert all(p.grad is None for p in f.parameters())
    assert model.generator.convs[0].conv1.input.grad.abs().sum() > 0


def test_codes_too_narrow_for_the_flow_are_refused():
    generator = dict(tiny.generator(), style_channels=16)
    with pytest.raises(UserError, match='style_channels=16'):
        tiny.build(config(generator=generator))
