"""The pose supply: size, determinism, refreshing, mixing."""
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm import UserError
from flexpose_mm.datasets import PoseBank, normalize_poses
from flexpose_mm.engine.hooks import PoseBankHook

SOURCE = dict(type='SyntheticPoseDataset', size=40)
SHOTS = dict(type='SyntheticPoseDataset', domain='target', size=4)
MIXED = dict(type='PoseMixupDataset', dataset=SHOTS, size=6)


class Sampler:
    """Stands for a PoseSampler: poses that depend on the seed alone."""
    skeleton = 'body15'

    def __init__(self):
        self.calls = []

    def sample(self, n, seed=None):
        self.calls.append(seed)
        rng = torch.Generator().manual_seed(seed)
        return torch.rand(n, 15, 2, generator=rng) * 2 - 1, None


def test_size_is_fixed_and_extra_poses_are_all_there():
    bank = PoseBank(SOURCE, MIXED, size=30).fill()
    assert bank.poses.shape == (30, 15, 2)
    assert bank.poses.dtype == np.float32 and bank.visible.all()
    mixed, _ = bank.read(MIXED)
    assert np.allclose(bank.poses[:6], mixed)
    assert len(np.unique(bank.poses, axis=0)) == 30  # none twice
    assert len(PoseBank(SOURCE).fill().poses) == 40


def test_poses_are_on_the_canvas_of_the_crops():
    bank = PoseBank(SOURCE, padding=1.5).fill()
    side = np.ptp(bank.poses, axis=1).max(1)
    assert np.allclose(side, 2 / 1.5, atol=1e-5)
    middle = (bank.poses.max(1) + bank.poses.min(1)) / 2
    assert np.abs(middle).max() < 1e-5
    again, _, _ = normalize_poses(bank.poses, padding=1.5)
    assert np.allclose(again, bank.poses, atol=1e-5)


@settings(max_examples=5)
@given(st.integers(0, 5), st.integers(0, 10**6), st.integers(1, 9))
def test_a_batch_depends_on_seed_and_iteration_only(seed, iteration, n):
    one = PoseBank(SOURCE, size=20, seed=seed, shift=.1, scale=.1).fill()
    two = PoseBank(SOURCE, size=20, seed=seed, shift=.1, scale=.1).fill()
    two.batch(3, iteration + 1)
    for a, b in zip(one.batch(n, iteration), two.batch(n, iteration)):
        assert torch.equal(a, b) and len(a) == n
    assert not torch.equal(
        one.batch(n, iteration)[0], one.batch(n, iteration + 1)[0])


def test_jitter_stays_in_its_range():
    bank = PoseBank(SOURCE, shift=.1, scale=.2).fill()
    poses, _ = bank.batch(200, 0)
    side = (poses.amax(1) - poses.amin(1)).amax(1) / 1.6
    middle = (poses.amax(1) + poses.amin(1)) / 2
    assert .79 < float(side.min()) < .85 and 1.15 < float(side.max()) < 1.21
    assert .08 < float(middle.abs().max()) < .101


def test_refresh_chooses_anew_from_a_file_and_repeats_itself():
    bank = PoseBank(SOURCE, size=10)
    first, second = bank.fill(0).poses, bank.fill(1).poses
    assert not np.array_equal(first, second)
    assert np.array_equal(bank.fill(0).poses, first)
    other = PoseBank(SOURCE, size=10)
    assert np.array_equal(other.fill(1).poses, second)  # without fill 0


def test_refresh_asks_a_sampler_for_new_poses():
    sampler = Sampler()
    cfg = dict(type='GeneratedPoseDataset', sampler=sampler, seed=3)
    bank = PoseBank(cfg, MIXED, size=20)
    first, second = bank.fill(0).poses, bank.fill(1).poses
    assert first.shape == second.shape == (20, 15, 2)
    assert np.array_equal(first[:6], second[:6])  # T* stays
    assert not np.isin(second[6:], first[6:]).all((1, 2)).any()
    assert len(set(sampler.calls)) == 2
    assert np.array_equal(
        PoseBank(dict(cfg, sampler=Sampler()), MIXED, size=20).fill(1).poses,
        second)
    with pytest.raises(UserError, match='never ends'):
        PoseBank(dict(type='GeneratedPoseDataset',
                      sampler=dict(type='PoseSampler')))


def test_bank_of_a_pose_sampler():
    sampler = dict(
        type='PoseSampler',
        generator=tiny.generator(16),
        regressor=tiny.regressor(16),
        size=16)
    cfg = dict(type='GeneratedPoseDataset', sampler=sampler, block=8)
    bank = PoseBank(cfg, size=8)
    first, second = bank.fill(0).poses, bank.fill(1).poses
    assert first.shape == (8, 15, 2) and np.isfinite(first).all()
    assert not np.array_equal(first, second)
    assert np.array_equal(bank.fill(0).poses, first)


def fake_runner(iteration=0):
    from flexpose_mm.skeletons import get_skeleton
    told = []
    model = SimpleNamespace(
        alpha=SimpleNamespace(skeleton=get_skeleton('body15')),
        left_right=SimpleNamespace(remember=told.append))
    return SimpleNamespace(
        model=model, iter=iteration, told=told,
        logger=SimpleNamespace(info=lambda *_: None))


def drawn(hook, runner, iteration):
    runner.iter = iteration
    batch = dict(inputs=[0] * 4)
    hook.before_train_iter(runner, iteration, batch)
    return batch['poses']


def test_hook_gives_the_same_after_a_resume():
    def hook():
        return PoseBankHook(SOURCE, size=8, refresh_interval=3, shift=.1)

    whole, runner = hook(), fake_runner()
    whole.before_train(runner)
    seen = [drawn(whole, runner, i) for i in range(8)]
    assert whole.refresh == 2 and len(runner.told) == 3
    for start in (2, 3, 7):
        rest, other = hook(), fake_runner(start)
        rest.before_train(other)
        for i in range(start, 8):
            assert torch.equal(drawn(rest, other, i), seen[i])


@pytest.mark.parametrize('kwargs, words', [
    (dict(size=41), 'size=41.*only 40'),
    (dict(size=6, extra=MIXED), 'size=6.*extra alone'),
    (dict(size=0), 'size'),
    (dict(scale=1.), 'scale'),
    (dict(shift=-1), 'shift=-1'),
    (dict(skeleton='hand21'), 'hand21'),
])
def test_refuses(kwargs, words):
    with pytest.raises(UserError, match=words):
        PoseBank(SOURCE, **kwargs).fill()


def test_hook_refuses():
    with pytest.raises(UserError, match='refresh_interval=0'):
        PoseBankHook(SOURCE, size=3, refresh_interval=0)
    with pytest.raises(UserError, match='size=None'):
        PoseBankHook(SOURCE, refresh_interval=3)


def test_empty_bank(tmp_path):
    np.savez(tmp_path / 'none.npz',
             keypoints=np.zeros((0, 15, 2), np.float32))
    cfg = dict(type='GeneratedPoseDataset',
               ann_file=str(tmp_path / 'none.npz'))
    with pytest.raises(UserError, match='none.npz.*'):
        PoseBank(cfg).fill()
