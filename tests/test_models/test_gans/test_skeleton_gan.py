"""SkeletonGAN: steps, seeds, growing, sample grids, FD in the log."""
import json

import pytest
import tiny
import torch

from flexpose_mm import UserError
from flexpose_mm.models.base import PoseGenerationModel


def train(work_dir, **kwargs):
    model = tiny.gan(**kwargs.pop('model', {}))
    runner = tiny.runner(work_dir, model, tiny.poses(), tiny.two_adams(),
                         **kwargs)
    runner.train()
    return runner


def scalars(work_dir):
    """All lines of the run's scalar log."""
    path, = work_dir.rglob('scalars.json')
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_both_networks_and_the_average_learn(tmp_path):
    runner = tiny.runner(tmp_path, tiny.gan(r1_interval=2), tiny.poses(),
                         tiny.two_adams())
    before = {k: v.clone() for k, v in runner.model.state_dict().items()
              if k != '_extra_state'}
    runner.train()
    after = runner.model.state_dict()
    for key in ('generator.convs.0.conv1.input',
                'generator_ema.module.convs.0.conv1.input',
                'discriminator.final_linear.0.linear.weight_orig'):
        assert not torch.equal(before[key], after[key]), key
    logs = scalars(tmp_path)
    assert 'r1' in logs[0] and {'loss_d', 'loss_g'} <= set(logs[1])
    assert int(runner.model.iteration) == 2


def test_average_follows_with_its_momentum():
    model = tiny.build(tiny.gan(ema_momentum=0.25))
    key = 'convs.0.conv1.input'
    old = model.generator_ema.module.state_dict()[key].clone()
    model.generator_ema.update_parameters(model.generator)  # the first copies
    model.generator.convs[0].conv1.input.data += 1
    model.generator_ema.update_parameters(model.generator)
    new = model.generator_ema.module.state_dict()[key]
    assert torch.allclose(new, old + 0.25, atol=1e-6)


def test_fakes_depend_on_seed_and_iteration_only():
    model = tiny.build(tiny.gan())
    tiny.scramble(model.generator)
    first = model.fake_images(3, 0)
    torch.manual_seed(99)
    assert torch.equal(first, model.fake_images(3, 0))
    assert not torch.equal(first, model.fake_images(3, 1))
    model.iteration += 1
    assert not torch.equal(first, model.fake_images(3, 0))


def test_mixing_stays_within_the_layers_in_use():
    model = tiny.build(tiny.gan())
    model.curr_scale, seen = 8, set()
    model.generator.forward = lambda codes, inject_index, **_: seen.add(
        inject_index)
    for _ in range(60):
        model.fake_images(1, 0)
        model.iteration += 1
    assert seen == {None, 1, 2, 3}  # of the four layers at 8 px


def test_precision_is_as_asked(tmp_path):
    runner = train(tmp_path, model=dict(autocast='bfloat16',
                                        channels_last=True))
    image = runner.model.draw(runner.model.codes([0]))
    assert image.dtype == torch.float32 and image.shape == (1, 3, 16, 16)
    with pytest.raises(UserError, match='autocast'):
        tiny.build(tiny.gan(autocast='float16'))


def test_growing_grids_and_fd(tmp_path):
    hooks = [
        dict(
            type='ProgressiveGrowingHook',
            nkimgs_per_scale={8: .008, 16: 1},
            transition_kimgs=.008),
        dict(type='SampleGridHook', interval=2, num_samples=4, ncol=2)
    ]
    runner = train(
        tmp_path,
        iters=4,
        model=dict(regressor=tiny.regressor()),
        custom_hooks=hooks,
        visualizer=dict(
            type='Visualizer',
            vis_backends=[
                dict(type='LocalVisBackend'),
                dict(type='TensorboardVisBackend')
            ]),
        **tiny.validation())
    logs = scalars(tmp_path)
    steps = [line for line in logs if 'scale' in line]
    assert [line['scale'] for line in steps] == [8, 8, 16, 16]
    assert [line['fade_in'] for line in steps] == [1., 1., 0., .5]
    assert runner.model.scale == dict(curr_scale=16, transition_weight=.5)
    assert any(key.endswith('FD') for line in logs for key in line)
    grids = sorted(p.name for p in tmp_path.rglob('samples_generated_*.png'))
    assert grids == [f'samples_generated_{i}.png' for i in (0, 2, 4)]
    assert list(tmp_path.rglob('events.out.tfevents*'))


def test_images_of_a_smaller_scale_fill_the_canvas():
    model = tiny.build(tiny.gan())
    model.curr_scale = 8
    assert model.draw(model.codes([0, 1])).shape == (2, 3, 16, 16)
    real = torch.rand(2, 3, 16, 16)
    small = torch.nn.functional.avg_pool2d(real, 2)
    assert torch.allclose(model.real_images(real), small, atol=1e-6)


def test_codes_do_not_depend_on_the_batch():
    model = tiny.build(tiny.gan())
    both = model.codes([4, 9])
    assert torch.equal(both[1:], model.codes([9]))
    assert not torch.equal(both[0], both[1])
    assert not torch.equal(both, tiny.build(tiny.gan(seed=1)).codes([4, 9]))


@pytest.mark.parametrize('seed', [-1, 1.5, None])
def test_wrong_seed_is_refused(seed):
    with pytest.raises(UserError, match='seed'):
        tiny.build(tiny.gan(seed=seed))


def test_what_needs_beta_or_a_trainer_says_so():
    model = tiny.build(tiny.gan())
    with pytest.raises(UserError, match='regressor=None'):
        model.pose_sampler()
    with pytest.raises(UserError, match='train_step'):
        model(None, mode='loss')
    z = model.codes([0])
    assert model(z).shape == (1, 3, 16, 16)
    with pytest.raises(NotImplementedError):
        PoseGenerationModel(tiny.preprocessor()).sampling_generator


def test_poses_of_a_trained_model(tmp_path):
    model = tiny.build(tiny.gan(regressor=tiny.regressor())).eval()
    poses, images = model.pose_sampler().sample(3, seed=0)
    assert poses.shape == (3, 15, 2) and images.shape == (3, 3, 16, 16)
    model.train()
    assert not model.regressor.training
