"""Scores, bins and their cache."""
import numpy as np
import pytest

from flexpose_mm import UserError
from flexpose_mm.datasets.synthetic import make_poses
from flexpose_mm.evaluation.functional import (bin_similarity, equal_bins,
                                               kinematic_triplets)
from flexpose_mm.models.vae import PoseVAE, cached_difficulty, difficulty

TRAIN = dict(steps=5)


@pytest.fixture
def data():
    poses = make_poses('source', 60)['keypoints']
    return poses, np.ones(poses.shape[:2], np.float32)


def test_bins_are_equal_and_ascend():
    scores = np.random.default_rng(0).random(103)
    bins = equal_bins(scores)
    assert np.bincount(bins).tolist() == [5] * 3 + [4] * 22
    order = np.argsort(scores)
    assert (np.diff(bins[order]) >= 0).all()
    assert equal_bins(np.zeros(4), 2).tolist() == [0, 0, 1, 1]  # ties
    with pytest.raises(UserError, match='num_bins=25.*24 poses'):
        equal_bins(np.zeros(24))
    with pytest.raises(UserError, match='NaN'):
        equal_bins(np.full(30, np.nan))


def test_scored_once_then_read(data, tmp_path, monkeypatch):
    first = cached_difficulty(*data, train=TRAIN, folder=str(tmp_path))
    assert (tmp_path / f'vae_{first.key}.pth').exists()
    monkeypatch.setattr(difficulty, 'train_pose_vae', None)
    second = cached_difficulty(*data, train=TRAIN, folder=str(tmp_path))
    assert np.array_equal(first.scores, second.scores)
    assert np.array_equal(first.bins, second.bins)
    assert first[2:] == second[2:]
    assert not list(tmp_path.glob('*tmp*'))


def test_other_poses_or_settings_are_scored_anew(data, tmp_path):
    poses, seen = data
    moved = poses.copy()
    moved[7, 2, 0] += 1e-3
    keys = {
        cached_difficulty(*args, train=train, num_bins=bins,
                          folder=str(tmp_path)).key
        for args, train, bins in (((poses, seen), TRAIN, 25),
                                  ((moved, seen), TRAIN, 25),
                                  ((poses, seen), dict(steps=6), 25),
                                  ((poses, seen), TRAIN, 20))
    }
    assert len(keys) == 4


def test_a_damaged_cache_is_said_and_made_again(data, tmp_path):
    first = cached_difficulty(*data, train=TRAIN, folder=str(tmp_path))
    path = tmp_path / f'{first.key}.npz'
    path.write_bytes(path.read_bytes()[:100])
    lines = []
    again = cached_difficulty(*data, train=TRAIN, folder=str(tmp_path),
                              log=lines.append)
    assert np.array_equal(first.scores, again.scores)
    assert any('damaged' in line for line in lines)


def test_a_trained_vae_is_a_ruler(data, tmp_path):
    poses, seen = data
    path = str(tmp_path / 'ruler.pth')
    cached_difficulty(*data, train=TRAIN, save_vae=path)
    found = cached_difficulty(poses[:30], seen[:30], checkpoint=path)
    assert np.array_equal(found.scores,
                          PoseVAE.from_file(path).score(poses[:30]))
    with pytest.raises(UserError, match=r'\(60, 14, 2\)'):
        cached_difficulty(poses[:, :14], seen[:, :14], checkpoint=path)


def test_hidden_poses_get_the_median(data):
    poses, seen = data
    seen[3] = 0
    poses[3] = np.nan  # what is hidden may hold anything
    seen[5, :9] = 0
    found = cached_difficulty(poses, seen, train=TRAIN)
    others = np.delete(found.scores, [3, 5])
    assert found.unscored == 2
    assert found.scores[3] == found.scores[5] == np.median(others)


def test_items_of_several_persons_have_the_mean(data):
    poses, seen = data
    alone = cached_difficulty(poses, seen, train=TRAIN).scores
    owner = np.repeat(np.arange(1, 31), 2)  # item 0 has nobody
    found = cached_difficulty(poses, seen, owner, 31, train=TRAIN)
    assert np.allclose(found.scores[1:], alone.reshape(30, 2).mean(1))
    assert found.unscored == 1


@pytest.mark.parametrize('change, words', [
    (lambda p, v: p.__setitem__((7, 2), np.nan), r'keypoints\[7\].*NaN'),
    (lambda p, v: v.fill(0), 'usable poses=0'),
    (lambda p, v: v.__setitem__(slice(20, None), 0), 'usable poses=20'),
    (lambda p, v: p.__setitem__(slice(None), p[:1].copy()), 'the same'),
    (lambda p, v: p.fill(4), 'usable poses=0.*one place'),
])
def test_what_cannot_be_scored(data, change, words):
    change(*data)
    with pytest.raises(UserError, match=words):
        cached_difficulty(*data, train=TRAIN)


def test_similarity_of_bins(data):
    poses, seen = data
    poses[30:] = poses[30]
    bins = np.repeat([0, 1, 2], [29, 1, 30])
    table = bin_similarity(poses, seen, bins, 3,
                           kinematic_triplets('body15'))
    assert np.array_equal(table, table.T, equal_nan=True)
    assert np.isnan(table[1, 1])  # no pair of different poses
    assert table[2, 2] == pytest.approx(100) and table[0, 0] < 99
