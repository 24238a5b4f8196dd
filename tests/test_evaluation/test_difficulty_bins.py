"""DifficultyBinMetric and its file of curves."""
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import METRICS

from flexpose_mm import UserError
from flexpose_mm.datasets.synthetic import make_poses
from flexpose_mm.evaluation.metrics.difficulty_bins import (bin_curves,
                                                            read_curves)
from flexpose_mm.models.vae import PoseVAE
from flexpose_mm.skeletons import BODY15
from flexpose_mm.visualization.difficulty import bin_comparison_figure


@pytest.fixture
def vae(tmp_path):
    path = str(tmp_path / 'vae.pth')
    PoseVAE(15).save(path)
    return path


def test_curves_by_hand():
    gt = np.arange(24.).reshape(3, 4, 2)
    pred = gt.copy()
    pred[0, 0, 0] += 3  # error .3 of 10 on one of 4 joints
    pred[2, 1, 1] += 1
    seen = np.ones((3, 4))
    seen[2, 1] = 0  # not seen: does not count
    found = bin_curves(pred, gt, seen, np.full(3, 10.), np.array([0, 0, 1]),
                       3, [(0, 1, 2), (1, 2, 3), (0, 1, 3)], .2)
    assert found['PCK'][:2] == [87.5, 100.] and np.isnan(found['PCK'][2])
    assert found['error'][:2] == pytest.approx([3.75, 0.])
    assert np.isnan(found['EvalPose'][2])


@pytest.mark.parametrize('norm_item', ['bbox', 'input'])
def test_metric_writes_the_curves(vae, tmp_path, norm_item):
    init_default_scope('mmpose')
    gt = make_poses('source', 60)['keypoints']
    score = PoseVAE.from_file(vae).score(gt)
    pred = gt + 300 * (score > np.quantile(score, .7))[:, None, None]
    out = tmp_path / 'new' / 'curves.json'
    metric = METRICS.build(
        dict(type='DifficultyBinMetric', checkpoint=vae, num_bins=6,
             norm_item=norm_item, out_file=str(out)))
    metric.dataset_meta = BODY15.metainfo
    for p, y in zip(pred, gt):
        metric.process({}, [
            dict(
                input_scale=np.array([500., 500.]),
                pred_instances=dict(keypoints=p[None]),
                gt_instances=dict(
                    keypoints=y[None],
                    keypoints_visible=np.ones((1, 15)),
                    bboxes=np.array([[0., 0., 400., 500.]])))
        ])
    found = metric.evaluate(60)
    assert found['bins/PCK_easy'] == found['bins/PCK_medium'] == 100
    assert found['bins/PCK_hard'] < 20
    curves = read_curves(str(out))
    assert curves['PCK'][0] == 100 and curves['PCK'][5] == 0
    assert curves['EvalPose'] == pytest.approx([100] * 6)  # only moved
    picture = bin_comparison_figure(dict(a=curves['PCK'], b=[1] * 6), 'PCK')
    assert picture.dtype == np.uint8 and picture.std() > 10


def test_mistakes(vae, tmp_path):
    for wrong in (dict(num_bins=2), dict(norm_item='head')):
        with pytest.raises(UserError, match=next(iter(wrong))):
            METRICS.build(
                dict(type='DifficultyBinMetric', checkpoint=vae, **wrong))
    (tmp_path / 'x.json').write_text('{}')
    with pytest.raises(UserError, match='no curves'):
        read_curves(str(tmp_path / 'x.json'))
    with pytest.raises(UserError, match='one per label'):
        bin_comparison_figure(dict(a=[1, 2], b=[1]), 'PCK')
