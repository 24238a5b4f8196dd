"""Schedule, sampling and mirror averaging against known numbers."""
import pytest
import tiny
import tiny_lifting
import torch
from mmpose.registry import MODELS
from torch import nn

from flexpose_mm import UserError
from flexpose_mm.models.lifting.diffusion import (H36M_FLIP, cosine_betas,
                                                  flip_pose, sampling_times,
                                                  schedule_buffers)

FRAMES = 3


class Probe(nn.Module):
    """A denoiser that keeps what it is asked and answers by a rule."""

    def __init__(self, rule):
        super().__init__()
        self.rule, self.asked = rule, []
        self.num_joints, self.num_frames = 17, FRAMES

    def forward(self, keypoints, poses, t):
        self.asked.append((keypoints, poses, t))
        return self.rule(keypoints, poses, t)


def diffusion(rule=lambda keypoints, poses, t: poses, **kwargs):
    return MODELS.build(
        dict(type='GaussianDiffusion', denoiser=Probe(rule), **kwargs))


def network(seed=0):
    torch.manual_seed(seed)
    return tiny.build(tiny_lifting.lifter(frames=FRAMES)).backbone.eval()


def test_schedule_has_the_published_numbers():
    tables = schedule_buffers(cosine_betas(1000))
    golden = {
        0: 0.9999587158, 199: 0.8987059205, 399: 0.6474782111,
        499: 0.4938435904, 599: 0.3408096398, 799: 0.0940456127,
        998: 2.428766907e-06, 999: 2.428766907e-09
    }
    for t, value in golden.items():
        assert tables['alphas_cumprod'][t].item() == pytest.approx(
            value, rel=1e-8)
    assert tables['betas'][0].item() == pytest.approx(4.128422e-05, rel=1e-6)
    assert tables['betas'][999].item() == pytest.approx(.999, rel=1e-12)
    assert len(tables) == 12
    assert all(v.dtype == torch.float64 and len(v) == 1000
               for v in tables.values())


@pytest.mark.parametrize('steps, times', [
    (1, [999, -1]), (2, [999, 499, -1]),
    (5, [999, 799, 599, 399, 199, -1]),
    (10, [*range(999, -1, -100), -1])])
def test_sampling_times(steps, times):
    assert sampling_times(1000, steps) == list(zip(times, times[1:]))


@pytest.mark.parametrize('steps', [0, 1001, 2.5])
def test_wrong_number_of_steps(steps):
    with pytest.raises(UserError, match='from 1 to 1000'):
        sampling_times(1000, steps)


@pytest.mark.parametrize('now, after, sigma, direction, signal', [
    (999, 799, 0.951816, 0.000146, 0.306669),
    (799, 599, 0.725834, 0.363807, 0.583789),
    (599, 399, 0.503280, 0.315010, 0.804660),
    (399, 199, 0.283416, 0.144809, 0.948001)])
def test_ddim_step(now, after, sigma, direction, signal):
    model = diffusion()
    zero, one = torch.zeros(1), torch.ones(1)
    assert model.step(zero, zero, now, after, one, 1.).item() == \
        pytest.approx(sigma, abs=1e-5)
    # x0 = sqrt(recip) x makes epsilon 0: what is left is the signal
    x0 = model.sqrt_recip_alphas_cumprod[now].float() * one
    assert (model.step(one, x0, now, after, zero, 1.) /
            x0).item() == pytest.approx(signal, rel=1e-4)
    noisy = model.sqrt_one_minus_alphas_cumprod[now].float() * one
    assert model.step(noisy, zero, now, after, zero, 1.).item() == \
        pytest.approx(direction, abs=2e-6)


def test_eta_0_adds_no_noise():
    model, x = diffusion(), torch.ones(1)
    a, b = (model.step(x, x, 799, 599, z * x, 0.) for z in (0., 9.))
    assert torch.equal(a, b)


def test_network_sees_clamped_input_and_answers_clamped_start():
    model = diffusion(lambda k, p, t: p * 5, scale=2., clamp=1.1)
    noise = torch.randn(2, 2, 4, FRAMES, 17, 3)
    found = model(torch.zeros(2, FRAMES, 17, 2), noise)
    assert found.shape == noise.shape
    seen = model.pose_estimator.asked[0][1]
    torch.testing.assert_close(seen, noise[:, 0].clamp(-2.2, 2.2) / 2)
    assert found.abs().max() <= 1.1 + 1e-6
    assert seen.dtype == torch.float32
    assert [int(t[0]) for *_, t in model.pose_estimator.asked] == [999, 499]


def test_diffusing_mixes_by_time():
    model = diffusion()
    x, z = torch.ones(2, FRAMES, 17, 3), torch.full((2, FRAMES, 17, 3), 2.)
    bar = model.alphas_cumprod[[0, 999]].float()
    found = model.diffuse(x, torch.tensor([0, 999]), z)[:, 0, 0, 0]
    torch.testing.assert_close(found, bar.sqrt() + 2 * (1 - bar).sqrt())


def test_flip_twice_is_the_pose():
    x = torch.randn(2, 17, 3)
    assert torch.equal(flip_pose(flip_pose(x, H36M_FLIP), H36M_FLIP), x)
    assert torch.equal(flip_pose(x, H36M_FLIP)[:, 1, 0], -x[:, 4, 0])


def test_flip_in_one_pass_equals_two_passes():
    model = network()
    keypoints = torch.rand(2, FRAMES, 17, 2) - .5
    noisy, t = torch.randn(2, 3, FRAMES, 17, 3), torch.tensor([999, 999])
    with torch.no_grad():
        model.add_bias().weight.normal_(std=.1)
        mirrored = model.denoise(
            flip_pose(keypoints, H36M_FLIP), flip_pose(noisy, H36M_FLIP), t)
        want = (model.denoise(keypoints, noisy, t) +
                flip_pose(mirrored, H36M_FLIP)) / 2
        found = model.denoise_flip(keypoints, noisy, t)
    torch.testing.assert_close(found, want, atol=1e-6, rtol=1e-5)


def test_flip_mirrors_the_result_of_mirrored_input():
    model = network()
    keypoints = torch.rand(1, FRAMES, 17, 2) - .5
    noise = torch.randn(1, 3, 2, FRAMES, 17, 3)
    with torch.no_grad():
        found = model(keypoints, noise, flip=True)
        other = model(
            flip_pose(keypoints, H36M_FLIP), flip_pose(noise, H36M_FLIP),
            flip=True)
    torch.testing.assert_close(
        other, flip_pose(found, H36M_FLIP), atol=1e-5, rtol=1e-4)


def test_hypotheses_do_not_see_each_other():
    model = network()
    keypoints = torch.rand(2, FRAMES, 17, 2) - .5
    noise = torch.randn(2, 2, 3, FRAMES, 17, 3)
    with torch.no_grad():
        together = model(keypoints, noise, flip=True)
        alone = model(keypoints, noise[:, :, 1:2], flip=True)
    torch.testing.assert_close(
        together[:, :, 1:2], alone, atol=1e-5, rtol=1e-4)
    assert (together[:, -1, 0] - together[:, -1, 1]).abs().max() > 1e-4


@pytest.mark.parametrize('wrong', [
    dict(timesteps=0), dict(scale=0.), dict(clamp=-1.),
    dict(flip_indices=(0, 1))])
def test_wrong_arguments(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        diffusion(**wrong)
