"""ProgressiveGrowingHook beside the training of test_skeleton_gan.py."""
import pytest
import tiny
import torch

from flexpose_mm import UserError
from flexpose_mm.engine.hooks import ProgressiveGrowingHook


def runner(tmp_path, scales, **kwargs):
    hook = dict(
        type='ProgressiveGrowingHook', nkimgs_per_scale=scales, **kwargs)
    return tiny.runner(
        tmp_path, tiny.gan(), tiny.poses(), tiny.two_adams(), iters=3,
        custom_hooks=[hook])


@pytest.mark.parametrize('scales', [{}, {4: 1}, {24: 1}])
def test_wrong_scales_are_refused(scales):
    with pytest.raises(UserError, match='powers of two from 8'):
        ProgressiveGrowingHook(scales)


def test_last_scale_must_be_the_image(tmp_path):
    with pytest.raises(UserError, match='last scale must be 16 px'):
        runner(tmp_path, {8: 1}).train()


@pytest.mark.parametrize('reset, steps', [(True, 1), (False, 3)])
def test_moments_are_forgotten_at_a_new_scale(tmp_path, reset, steps):
    run = runner(
        tmp_path, {8: .008, 16: 1}, transition_kimgs=0,
        reset_optim_for_new_scale=reset)
    run.train()
    for name in ('generator', 'discriminator'):
        state = run.optim_wrapper[name].optimizer.state
        key = run.model.generator.convs[0].conv1.input \
            if name == 'generator' else \
            run.model.discriminator.final_linear[0].bias
        assert state[key]['step'] == steps
    assert run.model.curr_scale == 16


def test_learning_goes_on_with_the_right_networks(tmp_path):
    run = runner(tmp_path, {8: 1, 16: 1})
    before = run.model.generator.to_rgbs[2].conv.weight_orig.clone()
    run.train()
    assert torch.equal(before, run.model.generator.to_rgbs[2].conv.weight_orig)
