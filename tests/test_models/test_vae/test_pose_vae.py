"""PoseVAE: its terms against hand-computed values, and what it promises."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm import UserError
from flexpose_mm.datasets.synthetic import make_poses
from flexpose_mm.models.vae import (PoseVAE, gaussian_kl,
                                    reconstruction_error, standardize_poses,
                                    train_pose_vae, usable_poses, vae_loss)


@pytest.fixture(scope='module')
def poses():
    return make_poses('source', 300)['keypoints']


@pytest.fixture(scope='module')
def vae(poses):
    return train_pose_vae(PoseVAE(15), poses, steps=60)


def test_terms_against_values_by_hand():
    # three joints, the last hidden: centre (1, 0), RMS radius 1
    pose = torch.tensor([[[0., 0.], [2., 0.], [9., 9.]]])
    seen = torch.tensor([[1., 1., 0.]])
    y, radius = standardize_poses(pose, seen)
    assert y.tolist() == [[[-1., 0.], [1., 0.], [0., 0.]]]
    assert radius.tolist() == [1.]
    # errors 0.25 and 1 on two of three joints: 1.25 * 3 / 2
    output = torch.tensor([[[-1., .5], [0., 0.], [7., 7.]]])
    error = reconstruction_error(y, output, seen)
    assert error.tolist() == [1.875] and error.dtype == torch.float64
    mu, logvar = torch.tensor([[1., 0.]]), torch.tensor([[0., np.log(4.)]])
    kl = .5 * (1 + (4 - 1 - np.log(4.)))
    assert gaussian_kl(mu, logvar).item() == pytest.approx(kl)
    first, second = vae_loss(y, output, seen, mu, logvar, .02)
    assert first.item() == 1.875
    assert second.item() == pytest.approx(.02 * kl)


@settings(max_examples=25)
@given(st.integers(0, 999), st.floats(.01, 100), st.floats(-1e4, 1e4))
def test_standardized_poses_have_unit_radius(seed, scale, shift):
    rng = np.random.default_rng(seed)
    pose = torch.from_numpy(rng.normal(size=(4, 7, 2)))
    seen = torch.from_numpy((rng.random((4, 7)) < .7).astype(float))
    seen[:, :2] = 1
    y, _ = standardize_poses(pose, seen)
    assert torch.allclose(y.square().sum((1, 2)), seen.sum(1).float())
    moved, _ = standardize_poses(pose * scale + shift, seen)
    assert torch.allclose(y, moved, atol=1e-4)


def test_score_ignores_place_size_and_hidden_joints(vae, poses):
    seen = np.ones(poses.shape[:2], np.float32)
    seen[:, 4] = 0
    base = vae.score(poses, seen)
    other = poses.copy()
    other[:, 4] = 1e6
    assert np.allclose(vae.score(3 * other + 50, seen), base, rtol=1e-3)
    assert (base >= 0).all() and base.dtype == np.float64


def test_score_does_not_depend_on_the_batch(vae, poses):
    whole, parts = vae.score(poses), vae.score(poses, batch_size=7)
    assert np.allclose(whole, parts, rtol=1e-5)
    tensor = vae.score(torch.from_numpy(poses), torch.ones(300, 15))
    assert torch.allclose(tensor, torch.from_numpy(whole), rtol=1e-6)


def test_rare_poses_are_difficult(poses):
    rare = np.random.default_rng(0).normal(size=(10, 15, 2)) * 100
    both = np.concatenate([poses, rare.astype(np.float32)])
    vae = train_pose_vae(PoseVAE(15), both, steps=300)
    score = vae.score(both)
    assert set(np.argsort(score)[-10:]) == set(range(300, 310))


def test_equal_seeds_give_equal_weights(poses):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, two, other = (
        train_pose_vae(PoseVAE(15, seed=s), poses, steps=5)
        for s in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    for a, b in zip(one.parameters(), two.parameters()):
        assert torch.equal(a, b)
    assert (one.score(poses) != other.score(poses)).any()


def test_gradients_reach_all_weights_and_stay_finite(poses):
    vae = PoseVAE(15)
    seen = torch.ones(8, 15)
    seen[0] = 0  # even a pose without any joint
    losses = vae.losses(
        torch.from_numpy(poses[:8]), seen, torch.zeros(8, 8), seen > 0)
    sum(losses.values()).backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().sum() > 0
               for p in vae.parameters())


def test_loss_is_the_gradients_integral():
    vae = PoseVAE(4, latent_dims=2, hidden_dims=(5, )).double()
    pose = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(0))
    x = pose.double().requires_grad_()

    def error(x):
        mu, logvar = vae.encode(x, torch.ones(3, 4))
        return vae.decode(mu).square().sum() + logvar.sum()

    assert torch.autograd.gradcheck(error, x)


def test_saves_and_loads(vae, poses, tmp_path):
    path = str(tmp_path / 'vae.pth')
    vae.save(path)
    again = PoseVAE.from_file(path)
    assert again.settings == vae.settings
    assert np.array_equal(again.score(poses), vae.score(poses))
    assert np.array_equal(
        PoseVAE(15, checkpoint=path).eval().score(poses), vae.score(poses))
    with pytest.raises(UserError, match='num_joints=15.*asks for 16'):
        PoseVAE(16, checkpoint=path)
    with pytest.raises(UserError, match=r'\(2, 16, 2\)'):
        again.score(np.zeros((2, 16, 2)))


def test_a_file_of_something_else_is_refused(tmp_path):
    torch.save(dict(state_dict=dict(a=torch.ones(1))), tmp_path / 'x.pth')
    with pytest.raises(UserError, match='holds no PoseVAE'):
        PoseVAE.from_file(str(tmp_path / 'x.pth'))


def test_unusable_poses():
    pose = torch.randn(5, 4, 2, generator=torch.Generator().manual_seed(0))
    pose[1] = 3.3  # all joints in one place
    seen = torch.ones(5, 4)
    seen[2] = 0
    seen[3, 1:] = 0
    seen[4, 2:] = 0
    assert usable_poses(pose, seen).tolist() == [True, False, False, False,
                                                 True]


@pytest.mark.parametrize('scale', [1, 2])
def test_equal_poses_are_refused(poses, scale):
    same = np.repeat(poses[:1], 50, 0)
    same[::2] *= scale
    with pytest.raises(UserError, match='all poses are the same'):
        train_pose_vae(PoseVAE(15), same, steps=5)


@pytest.mark.parametrize('wrong', [
    dict(num_joints=1), dict(latent_dims=0), dict(hidden_dims=(0, )),
    dict(hidden_dims=()), dict(kl_weight=-1.), dict(kl_weight=float('nan')),
    dict(seed=-1)
])
def test_wrong_arguments(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        PoseVAE(**{'num_joints': 15, **wrong})


def test_real_poses_rank_alike_by_two_seeds(shared_data):
    from scipy.stats import spearmanr
    found = np.load(shared_data / 'lsp_2d_dev.npz')['keypoints']
    scores = [
        train_pose_vae(PoseVAE(14, seed=s), found, steps=250).score(found)
        for s in (0, 1)
    ]
    assert spearmanr(*scores).statistic > .75  # .94 after 2000 steps
