"""3DPCK, its AUC, and MMPose's MPJPE in millimetres."""
import numpy as np
import pytest
import torch
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError
from flexpose_mm.evaluation.functional import joint_errors, pck_auc
from flexpose_mm.evaluation.metrics.pck3d import JOINT_SETS
from flexpose_mm.joint_orders import gather_index


def sample(offset, sequence='TS1', frames=3, visible=None, joints=slice(17)):
    """Prediction that is ``offset`` mm off along x at some joints."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, .3, (frames, 17, 3)).astype(np.float32)
    truth -= truth[:, :1]
    pred = truth.copy()
    pred[:, joints, 0] += offset / 1000
    if visible is None:
        visible = np.ones((frames, 17), np.float32)
    return dict(
        pred_instances=dict(keypoints=pred),
        gt_instances=dict(
            lifting_target=truth, lifting_target_visible=visible),
        sequence=sequence,
        target_img_path=[f'S5_{sequence}.0_000001.jpg'] * frames)


def run(samples, type='PCK3D', **kwargs):
    metric = METRICS.build(dict(type=type, **kwargs))
    metric.process([], samples)
    return metric.compute_metrics(metric.results)


def test_thresholds_are_strict():
    errors = np.array([0., 149.99, 150., 151.])
    pck, auc = pck_auc(errors)
    assert pck == 50.
    # 0 counts from 5 on: 30 thresholds; 149.99 at 150 only
    assert auc == pytest.approx(100 * (30 + 1) / 4 / 31)
    assert pck_auc(np.zeros(5)) == (100., pytest.approx(100 * 30 / 31))
    assert pck_auc(np.array([77.]))[1] == pytest.approx(100 * 15 / 31)


def test_benchmark_leaves_out_pelvis_spine_and_head_of_3dhp():
    of_3dhp = gather_index('3dhp17')[list(JOINT_SETS['benchmark'])]
    assert sorted(of_3dhp.tolist()) == list(range(14))


def test_units_and_joints():
    got = run([sample(102.)], joint_set='all')
    assert got['PCK@150mm'] == 100. and got['PCK@150mm_TS1'] == 100.
    assert got['AUC'] == pytest.approx(100 * 10 / 31, abs=1e-4)
    assert joint_errors(np.full((1, 3), .1), np.zeros((1, 3)))[0] == \
        pytest.approx(173.205, abs=1e-3)
    off = sample(200., joints=[0, 7, 9])  # what the benchmark leaves out
    assert run([off])['PCK@150mm'] == 100.
    assert run([off], joint_set='all')['PCK@150mm'] == pytest.approx(
        100 * 14 / 17)
    assert run([off], joint_set='without_nose')['PCK@150mm'] == \
        pytest.approx(100 * 14 / 16)
    assert run([off], joint_set=[0, 1])['PCK@150mm'] == 50.
    assert 'PCK@100mm' in run([off], threshold=100.)


def test_averages():
    samples = [sample(10., 'TS1', 9), sample(400., 'TS2', 3)]
    by_sequence = run(samples)
    assert by_sequence['PCK@150mm'] == 50.
    assert by_sequence['PCK@150mm_TS2'] == 0.
    by_frame = run(samples, average='frame')
    assert by_frame['PCK@150mm'] == 75. and len(by_frame) == 2


def test_frames_that_do_not_count():
    visible = np.ones((3, 17), np.float32)
    visible[1] = 0
    bad = sample(0., visible=visible)
    bad['pred_instances']['keypoints'][1] += 9.
    assert run([bad])['PCK@150mm'] == 100.
    assert run([bad], 'MillimetreMPJPE')['MPJPE'] < 1e-3
    none = sample(0., visible=0 * visible)
    for kind in ('PCK3D', 'MillimetreMPJPE'):
        with pytest.raises(UserError, match='no joint of any frame counts'):
            run([none], kind)
    # a clip without any does not spoil the others
    assert run([bad, none])['PCK@150mm'] == 100.


@pytest.mark.parametrize('kwargs', [
    dict(average='joint'), dict(joint_set='head'), dict(joint_set=[17]),
    dict(joint_set=[]), dict(threshold=0)])
def test_refuses(kwargs):
    with pytest.raises(UserError, match=list(kwargs)[0]):
        METRICS.build(dict(type='PCK3D', **kwargs))


def test_mpjpe_in_millimetres_is_mmposes():
    samples = [sample(30., 'Walking', 4), sample(60., 'Eating', 2)]
    got = run(samples, 'MillimetreMPJPE')
    theirs = run(samples, 'MPJPE')
    assert got['MPJPE'] == pytest.approx(40., abs=1e-3)
    assert got['MPJPE'] == pytest.approx(1000 * theirs['MPJPE'], rel=1e-5)
    assert got['MPJPE_Walking'] == pytest.approx(30., abs=1e-3)
    assert got['MPJPE_action_mean'] == pytest.approx(45., abs=1e-3)


def test_procrustes_undoes_turn_size_and_place():
    one = sample(0., 'Walking')
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    truth = one['gt_instances']['lifting_target']
    one['pred_instances']['keypoints'] = 1.7 * truth @ turn + 3
    assert run([one], 'MillimetreMPJPE', mode='p-mpjpe')['P-MPJPE'] < .1
    mirrored = sample(0., 'Walking')
    mirrored['pred_instances']['keypoints'] = truth * [-1, 1, 1]
    assert run([mirrored], 'MillimetreMPJPE', mode='p-mpjpe')['P-MPJPE'] > 50


def test_predictions_may_be_tensors_of_one_instance():
    one = sample(10.)
    pred = one['pred_instances']['keypoints']
    one['pred_instances']['keypoints'] = torch.tensor(pred)
    assert run([one])['PCK@150mm'] == 100.
