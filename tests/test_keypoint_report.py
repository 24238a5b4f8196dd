"""Gaps, confidence and labels of keypoint detectors."""
import json
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import DATASETS

import flexpose_mm  # noqa: F401
from flexpose_mm.keypoint_report import (coco_truth, confidence_deciles,
                                         gap_share, joint_errors,
                                         judge_labels, label_points, on_crop,
                                         mean_pose_error, person_errors)
from flexpose_mm.skeletons import get_skeleton

BODY = get_skeleton('body15')


def test_gap_share_by_hand():
    assert gap_share(12, 9, 8) == 75  # 3 of 4 pixels
    assert gap_share(12, 12, 8) == 0
    assert gap_share(12, 13, 8) == -25
    assert gap_share(12, 7, 8) == 125
    assert math.isnan(gap_share(8, 7, 8)) and math.isnan(gap_share(7, 7, 8))


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 50), st.floats(1, 50), st.floats(0, 1), st.floats(.1, 10))
def test_gap_share_has_no_unit(aligned, gap, share, unit):
    direct = aligned + gap
    adapted = direct - share * gap
    value = gap_share(*(unit * e for e in (direct, adapted, aligned)))
    assert value == pytest.approx(100 * share, abs=1e-3)


def arrays(n=40, seed=0):
    """Errors that fall with the score: at (1 - score) * 64 crop pixels."""
    rng = np.random.default_rng(seed)
    score = rng.random((n, 15))
    truth = rng.random((n, 15, 2)) * 100
    side = rng.uniform(50, 200, n)
    length = (1 - score) * 64 / 128 * side[:, None]
    angle = rng.uniform(0, 2 * np.pi, (n, 15))
    step = length[..., None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    return dict(
        pred=truth + step, truth=truth, score=score,
        visible=rng.random((n, 15)) < .8,
        center=np.zeros((n, 2)), scale=side[:, None].repeat(2, 1))


def test_errors_are_those_of_seen_joints_in_crop_pixels():
    given_ = arrays()
    score, error = joint_errors(given_)
    assert len(score) == given_['visible'].sum()
    assert np.allclose(error, 64 * (1 - score))


def test_deciles_fall_as_the_errors_do():
    rows = confidence_deciles(*joint_errors(arrays()))
    assert rows.shape == (10, 2)
    assert (np.diff(rows[:, 0]) > 0).all() and (np.diff(rows[:, 1]) < 0).all()
    assert np.allclose(rows[:, 1], 64 * (1 - rows[:, 0]))


def test_persons_count_once_by_what_is_known_of_them():
    given_ = arrays()
    given_['visible'][0] = False
    given_['visible'][1] = np.arange(15) == 3
    score, error = person_errors(given_)
    assert score.shape == error.shape == (39, )
    assert np.allclose(score, given_['score'][1:].mean(1))
    assert error[0] == pytest.approx(64 * (1 - given_['score'][1, 3]))
    assert confidence_deciles(score, error).shape == (10, 2)


def test_the_mean_pose_is_that_of_the_crops():
    given_ = arrays()
    where, pose = given_['center'][:, None], np.arange(30.).reshape(15, 2)
    side = given_['scale'].max(1)[:, None, None]
    given_['truth'] = where + pose * side / 128  # one pose in all crops
    assert mean_pose_error(given_) == pytest.approx(0, abs=1e-9)
    # two poses, half of the persons each, are equally far from their mean
    far = np.where(np.arange(40) % 2, 6, -6)[:, None, None] * np.eye(2)[0]
    given_['truth'] += far * side / 128
    given_['visible'][:] = True
    assert mean_pose_error(given_) == pytest.approx(6)


def test_a_skeleton_lies_where_its_joints_are():
    points = np.full((15, 2), 50.)
    points[BODY.joints.index('head')] = 60, 50
    points[BODY.joints.index('neck')] = 80, 50
    seen = np.zeros(15)
    for name in ('head', 'neck'):
        seen[BODY.joints.index(name)] = 1
    image = np.zeros((64, 64, 3), np.uint8)
    drawn = on_crop(image, points, seen, np.array([50., 50]),
                    np.array([100., 100]), BODY, 128)
    assert drawn.shape == (3, 128, 128)
    rows, columns = np.nonzero(drawn.max(0) > 96)
    # head and neck at 0.2 and 0.6 of the canvas: pixels 76 to 102
    assert abs(rows.mean() - 64) < 2
    assert 70 <= columns.min() <= 78 and 101 <= columns.max() <= 108


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    """Four synthetic persons as COCO files, and the folder."""
    folder = tmp_path_factory.mktemp('truth')
    dataset = DATASETS.build(
        dict(type='SyntheticPoseDataset', size=4, images=True,
             image_size=64, test_mode=True))
    return (dataset, *coco_truth(dataset, str(folder)))


def labels_of(dataset, path, move=0., rows=None):
    """Labels at the truth, moved to the right."""
    found = []
    for i in (range(len(dataset)) if rows is None else rows):
        info = dataset.get_data_info(i)
        points = info['keypoints'][0] + (move, 0)
        flat = np.concatenate([points, np.full((15, 1), 2)], 1)
        found.append(
            dict(id=len(found) + 1, image_id=i + 1, category_id=1, score=.5,
                 keypoints=flat.ravel().tolist(), num_keypoints=15,
                 bbox=[0, 0, 64, 64], area=4096, iscrowd=0))
    images = [dict(id=i + 1, file_name=f'{i + 1:05d}.png', width=64,
                   height=64) for i in range(len(dataset))]
    path.write_text(json.dumps(dict(
        images=images, annotations=found,
        categories=[dict(id=1, name='person', keypoints=list(BODY.joints),
                         skeleton=[])])))
    return str(path)


def test_truth_as_files(written):
    dataset, images, boxes, truth = written
    info = dataset.get_data_info(2)
    assert np.array_equal(cv2.imread(f'{images}/00003.png'), info['img'])
    with open(boxes) as file:
        row = json.load(file)['annotations'][2]
    x1, y1, x2, y2 = info['bbox'][0].tolist()
    assert row['bbox'] == [x1, y1, x2 - x1, y2 - y1]
    assert 'keypoints' not in row
    assert np.allclose(label_points(truth)[2], info['keypoints'][0])


def test_labels_are_judged(written, tmp_path):
    dataset, images, _, truth = written
    right = judge_labels(labels_of(dataset, tmp_path / 'a.json'), truth,
                         images, BODY)
    assert right == dict(AP=100, AP50=100, AP75=100, AR=100, labelled=100,
                         read=100)
    moved = judge_labels(labels_of(dataset, tmp_path / 'b.json', 60), truth,
                         images, BODY)
    assert moved['AP'] < 20 and moved['read'] == 100
    twice = judge_labels(
        labels_of(dataset, tmp_path / 'c.json', rows=(0, 0, 1, 2)), truth,
        images, BODY)
    assert twice['labelled'] == 50
