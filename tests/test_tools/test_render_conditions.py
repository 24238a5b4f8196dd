"""Conditions in OpenPose's convention."""
import os

import cv2
import numpy as np
import pytest

from flexpose_mm import UserError
from flexpose_mm.conditions import (COLORS, POINTS, STICKS, draw_openpose,
                                    openpose_points, render_conditions)
from flexpose_mm.io import write_poses
from flexpose_mm.skeletons import get_skeleton

BODY = get_skeleton('body15')


def some_poses(n=3):
    return np.random.default_rng(0).uniform(-.8, .8, (n, 15, 2)).astype('f4')


def test_the_convention_is_openposes():
    assert len(POINTS) == len(COLORS) == 18 and len(STICKS) == 17
    assert {j for s in STICKS for j in s} == set(range(18))
    assert all('left' in POINTS[j] for j in (5, 6, 7, 11, 12, 13))
    # the neck is the root of both shoulders, both hips, and the nose
    assert [s[1] for s in STICKS if s[0] == 1] == [2, 5, 8, 11, 0]


def test_points_keep_their_names_and_the_nose_is_between():
    poses = some_poses()
    points, present = openpose_points(poses, nose=.5)
    for i, name in enumerate(POINTS):
        if name in BODY.joints:
            assert np.array_equal(points[:, i],
                                  poses[:, BODY.joints.index(name)])
    middle = (poses[:, 0] + poses[:, 1]) / 2
    assert np.allclose(points[:, 0], middle)
    assert present.tolist() == [True] * 14 + [False] * 4


def test_colors_stand_where_they_should():
    points = np.stack(np.meshgrid([60, 200, 340], range(40, 500, 80)),
                      -1).reshape(18, 2).astype(float)
    image = draw_openpose(points, np.ones(18, bool), 512)
    for (x, y), color in zip(points.astype(int), COLORS):
        assert tuple(image[y, x]) == color
    a, b = STICKS[0]
    only = np.zeros(18, bool)
    only[[a, b]] = True
    x, y = ((points[a] + points[b]) / 2).astype(int)
    alone = draw_openpose(points, only, 512)
    assert tuple(alone[y, x]) == tuple(int(.6 * c) for c in COLORS[0])
    assert not draw_openpose(points, np.zeros(18, bool), 512).any()


def test_refuses():
    with pytest.raises(UserError, match='body15'):
        openpose_points(np.zeros((1, 17, 2)))
    with pytest.raises(UserError, match='size=8'):
        next(render_conditions(some_poses(), 8))


@pytest.fixture
def file(tmp_path):
    poses = some_poses()
    scores = np.ones((3, 15), 'f4')
    path = str(tmp_path / 'poses.json')
    write_poses(path, 3, lambda: iter([(poses, scores)]),
                dict(skeleton='body15', size=64))
    return path


def test_the_tool_goes_on(call, file, tmp_path):
    out = tmp_path / 'conditions'
    assert call('render_conditions', file, '-o', out, '-n', 2,
                '--size', 128)[0] == 0
    assert sorted(os.listdir(out)) == ['00000001.png', '00000002.png',
                                       'poses.json', 'sheet.jpg']
    first = out / '00000001.png'
    before = first.stat().st_mtime_ns
    assert call('render_conditions', file, '-o', out, '--size', 128)[0] == 0
    assert first.stat().st_mtime_ns == before
    drawn = cv2.imread(str(out / '00000003.png'))[..., ::-1]
    want = list(render_conditions(some_poses(), 128))[2]
    # three decimals of a 64 px canvas in the file: an edge pixel may differ
    assert (np.abs(drawn.astype(int) - want).max(-1) > 8).mean() < .01


def test_the_tool_refuses(call, tmp_path):
    code, err = call('render_conditions', tmp_path / 'no.json', '-o',
                     tmp_path)
    assert code == 2 and 'no.json' in err
