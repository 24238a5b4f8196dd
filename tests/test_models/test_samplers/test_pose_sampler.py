"""PoseSampler: determinism, rejection, refusal."""
import numpy as np
import pytest
import torch
from torch import nn

from flexpose_mm import UserError
from flexpose_mm.models.samplers import PoseSampler
from flexpose_mm.models.samplers.pose_sampler import next_power_of_two


class StubGenerator(nn.Module):
    """Three flat colour planes of the first two codes, plus noise."""
    style_channels, out_size = 2, 16

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def buffered_noise(self):
        return [torch.zeros(1, 1, 4, 4)]

    def forward(self, z, injected_noise=None, randomize_noise=True,
                truncation=1):
        image = z.new_zeros(len(z), 3, 16, 16)
        image[:, :2] = z[..., None, None] * self.scale
        if randomize_noise:
            image[:, 2] = injected_noise[0].mean((1, 2, 3))[:, None, None]
        return image


class StubRegressor(nn.Module):
    """Reads the planes back; the score is 1 where the first is positive."""
    num_joints, size = 15, 16

    def regress(self, images):
        x = images.mean((2, 3))
        grid = torch.linspace(-0.5, 0.5, 15)
        points = torch.stack([grid + x[:, :1] / 9, grid * x[:, 2:] + x[:, 1:2]
                              / 9], -1)
        return points, (x[:, :1] > 0).float().expand(-1, 15)


def sampler(**kwargs):
    return PoseSampler(StubGenerator(), StubRegressor(), size=16, **kwargs)


def test_sample_shapes_and_rerendered_images():
    keypoints, images = sampler().sample(10, seed=3, batch_size=4)
    assert keypoints.shape == (10, 15, 2) and images.shape == (10, 3, 16, 16)
    assert keypoints.dtype == images.dtype == torch.float32
    assert images.min() >= -1 and images.max() <= 1
    assert torch.equal(images, sampler().render(keypoints))


def test_samples_do_not_depend_on_where_the_stream_is_cut():
    one = sampler(min_score=.5)
    whole, _ = one.sample(11, seed=1, batch_size=4)
    short, _ = one.sample(6, seed=1, batch_size=4)
    assert torch.equal(whole[:6], short)
    late = list(one.iter_batches(11, 1, 4, start_block=1))
    assert torch.equal(torch.cat([b.keypoints for b in late]), whole[4:])
    other, _ = one.sample(11, seed=2, batch_size=4)
    assert not torch.equal(whole, other)


def test_global_random_state_is_left_alone():
    torch.manual_seed(0)
    state = torch.random.get_rng_state()
    sampler().sample(3, seed=1, batch_size=4)
    assert torch.equal(state, torch.random.get_rng_state())


def test_rejected_draws_are_replaced_and_counted():
    one = sampler(min_score=.5)
    keypoints, _ = one.sample(512, seed=0, batch_size=64)
    assert len(keypoints) == 512
    assert 350 < one.rejected < 700  # half of the draws pass
    assert len(np.unique(keypoints[:, 0, 0].numpy())) == 512
    everything = sampler()
    everything.sample(64, seed=0, batch_size=64)
    assert everything.rejected == 0


def test_hopeless_generator_is_refused():
    one = sampler(min_joint_score=.5)
    one.generator.scale.data.fill_(0)
    with pytest.raises(UserError, match='min_score.*accepted only 0 of'):
        one.sample(4, seed=0, batch_size=4)


def test_without_noise_the_code_alone_decides():
    one = sampler(randomize_noise=False)
    assert torch.equal(one.draw(4, 0, 0)[:, 2], torch.zeros(4, 16, 16))


def test_beta_stays_in_evaluation_mode():
    assert not sampler().train().regressor.training


@pytest.mark.parametrize('kwargs, field', [
    (dict(min_score=2), 'min_score'),
    (dict(min_joint_score=-1), 'min_joint_score'),
    (dict(dtype='int8'), 'dtype'),
    (dict(skeleton='hand21'), 'regressor.num_joints'),
    (dict(skeleton='nobody'), 'skeleton'),
])
def test_bad_arguments(kwargs, field):
    with pytest.raises(UserError, match=field):
        sampler(**kwargs)


def test_parts_of_another_size():
    with pytest.raises(UserError, match='generator.out_size'):
        PoseSampler(StubGenerator(), StubRegressor(), size=32)


@pytest.mark.parametrize('n, batch_size', [(0, 4), (4, 0), (1.5, 4)])
def test_bad_counts(n, batch_size):
    with pytest.raises(UserError, match='at least 1'):
        sampler().sample(n, seed=0, batch_size=batch_size)


def test_unbounded_stream_and_fresh_seeds():
    stream = sampler().iter_batches(batch_size=4)
    first, second = next(stream), next(stream)
    assert not torch.equal(first.keypoints, second.keypoints)
    assert first.images is None


@pytest.mark.parametrize('number, power', [(0, 1), (1, 1), (3, 4), (8, 8)])
def test_next_power_of_two(number, power):
    assert next_power_of_two(number) == power
