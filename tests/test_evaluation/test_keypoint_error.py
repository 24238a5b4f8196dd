"""KeypointError on numbers that one can check by hand."""
import numpy as np
import pytest

from flexpose_mm import UserError
from flexpose_mm.datasets.datasets.pose_array import PoseArrayDataset
from flexpose_mm.evaluation.functional import (error_by_confidence,
                                               rank_correlation)
from flexpose_mm.evaluation.metrics import KeypointError
from flexpose_mm.skeletons import get_skeleton

BODY = get_skeleton('body15')
FLIP = list(BODY.flip_indices)


def truth(seed=0):
    return np.random.default_rng(seed).uniform(0, 100, (15, 2))


def sample(true, pred, visible=None, side=256., score=None):
    low, high = true.min(0), true.max(0)
    return dict(
        input_scale=np.array([side, side]),
        gt_instances=dict(
            keypoints=true[None],
            keypoints_visible=np.ones((1, 15)) if visible is None else
            np.asarray(visible)[None],
            bboxes=np.concatenate([low, high])[None]),
        pred_instances=dict(
            keypoints=pred[None],
            keypoint_scores=np.ones((1, 15)) if score is None else
            score[None]))


def evaluate(samples, **kwargs):
    metric = KeypointError(**kwargs)
    metric.dataset_meta = PoseArrayDataset._load_metainfo(BODY.metainfo)
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def test_units():
    true = truth()
    pred = true + (3, 4)  # 5 px of a crop of 256: 2.5 of 128
    report = evaluate([sample(true, pred)])
    assert report['error_px'] == pytest.approx(5)
    assert report['error_crop'] == pytest.approx(2.5)
    assert report['error_percent'] == pytest.approx(500 / 256)
    assert report['squared_error_crop'] == pytest.approx(6.25)
    assert evaluate([sample(true, pred)],
                    crop_size=64)['error_crop'] == pytest.approx(1.25)


def test_squared_and_mean_differ():
    true = truth()
    pred = true.copy()
    pred[0] += (6, 8)
    report = evaluate([sample(true, pred, side=128.)])
    assert report['error_crop'] == pytest.approx(10 / 15)
    assert report['squared_error_crop'] == pytest.approx(100 / 15)


def test_absent_joints_do_not_count():
    true, seen = truth(), np.ones(15)
    pred = true.copy()
    pred[4] += 1000
    seen[4] = 0
    report = evaluate([sample(true, pred, seen)])
    assert report['error_px'] == 0 and report['PCK@0.1/box'] == 1
    assert report['correct_flip'] == 1


def test_exchanged_sides_are_seen():
    one, two = truth(), truth(1)
    report = evaluate([sample(one, one[FLIP]), sample(two, two)])
    assert report['correct_flip'] == 0.5
    assert report['error_best_flip'] == pytest.approx(0)
    assert report['error_px'] > 10


def test_reference_lengths_by_name():
    true = np.zeros((15, 2))
    true[:, 0] = np.linspace(0, 60, 15)
    true[:, 1] = np.linspace(0, 80, 15)
    head, neck, pelvis = (BODY.joints.index(n)
                          for n in ('head', 'neck', 'pelvis'))
    true[head], true[neck], true[pelvis] = (10, 0), (10, 20), (10, 60)
    pred = true + (0, 5.)
    names = ('crop', 'box', 'diagonal', 'torso', 'head')
    report = evaluate([sample(true, pred, side=200.)], references=names,
                      pck=(.024, .055, .0626, .13, .26))
    assert [report[f'PCK@0.024/{n}'] for n in names] == [0, 0, 0, 0, 0]
    assert [report[f'PCK@0.055/{n}'] for n in names] == [1, 0, 1, 0, 0]
    assert [report[f'PCK@0.0626/{n}'] for n in names] == [1, 1, 1, 0, 0]
    assert [report[f'PCK@0.13/{n}'] for n in names] == [1, 1, 1, 1, 0]
    assert [report[f'PCK@0.26/{n}'] for n in names] == [1, 1, 1, 1, 1]


def test_a_person_without_the_reference_is_left_out():
    true, seen = truth(), np.ones(15)
    seen[BODY.joints.index('neck')] = 0
    both = [sample(true, true + 500, seen), sample(true, true)]
    report = evaluate(both, references=('torso', 'crop'))
    assert report['PCK@0.1/torso'] == 1
    assert report['PCK@0.1/crop'] == pytest.approx(15 / 29)


def test_confidence_is_ranked_against_the_error():
    true = truth()
    far = np.arange(15.)
    pred = true + np.stack([far, 0 * far], 1)
    assert evaluate([sample(true, pred, score=1 - far / 20)
                     ])['score_error_rank'] == pytest.approx(-1)
    assert evaluate([sample(true, pred, score=far / 20)
                     ])['score_error_rank'] == pytest.approx(1)


def test_confidence_bins():
    rows = error_by_confidence(
        np.array([.9, .1, .2, .8]), np.array([1., 4., 6., 3.]), 2)
    assert rows == [(pytest.approx(.15), 5., 2), (pytest.approx(.85), 2., 2)]
    assert len(error_by_confidence(np.ones(3), np.ones(3))) == 3
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3)))


def test_refuses():
    with pytest.raises(UserError, match="references=.'foot'.*choose"):
        KeypointError(references=('foot', ))
    with pytest.raises(UserError, match='above 0'):
        KeypointError(pck=(0, ))
