"""CropPCK against values counted by hand."""
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import METRICS

from flexpose_mm import UserError
from flexpose_mm.evaluation.metrics.crop_pck import joint_groups


def metric(meta='mpii', **kwargs):
    init_default_scope('mmpose')
    made = METRICS.build(dict(type='CropPCK', **kwargs))
    made.dataset_meta = dict(from_file=f'configs/_base_/datasets/{meta}.py')
    return made


def sample(pred, gt, seen):
    """A crop of 512 px around (300, 300), shown at 256 px: 2 px per px."""
    return dict(
        input_center=np.array([300., 300.]),
        input_scale=np.array([512., 512.]),
        input_size=(256, 256),
        pred_instances=dict(keypoints=pred[None]),
        gt_instances=dict(keypoints=gt[None], keypoints_visible=seen[None]))


def test_groups():
    body = joint_groups(dict(from_file='configs/_base_/datasets/mpii.py'))
    assert body['shoulder'] == [12, 13] and body['ankle'] == [0, 5]
    assert sorted(body['All']) == [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15]
    hand = joint_groups(
        dict(from_file='configs/_base_/datasets/freihand2d.py'))
    assert hand['MCP'] == [1, 5, 9, 13, 17]
    assert hand['fingertip'] == [4, 8, 12, 16, 20]
    assert hand['All'] == list(range(21))
    assert list(joint_groups('face68')) == ['All']


def test_counted_by_hand():
    made = metric()
    gt = np.full((16, 2), 300.)  # cell (32, 32)
    seen = np.ones(16)
    pred = gt.copy()
    pred[0, 0] += 24  # 3 cells of 8 px: below 3.2
    pred[1, 0] += 32  # 4 cells
    pred[2] += (16, 24)  # sqrt(13) = 3.6 cells
    gt[3] = pred[3] = 48, 300  # cell 0 of the crop: not counted
    gt[4, 0] = 900  # outside of the crop
    seen[5] = 0
    made.process({}, [sample(pred, gt, seen)])
    found = made.evaluate(1)
    assert found['PCK/ankle'] == 100 and found['PCK/hip'] == 0
    assert found['PCK/knee'] == 0  # 1 is wrong, 4 is not counted
    assert found['PCK/All'] == pytest.approx(100 * 7 / 9)


def test_shares_are_over_all_samples():
    made = metric()
    gt = np.full((16, 2), 300.)
    wrong = gt + 100
    rows = [sample(p, gt, np.ones(16)) for p in (gt, wrong, wrong, gt)]
    made.process({}, rows[:3])
    made.process({}, rows[3:])
    assert made.evaluate(4)['PCK/All'] == 50


def test_mistakes():
    with pytest.raises(UserError, match='thr'):
        metric(thr=0)
    made = metric()
    made.process({}, [sample(np.ones((16, 2)), np.ones((16, 2)),
                             np.zeros(16))])
    with pytest.raises(UserError, match='counted joints=0'):
        made.evaluate(1)
