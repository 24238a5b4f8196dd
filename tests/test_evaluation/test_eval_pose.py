"""EvalPose: invariances, golden values, degenerate limbs."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.registry import init_default_scope
from mmpose.registry import METRICS

from flexpose_mm import UserError
from flexpose_mm.datasets.synthetic import make_poses
from flexpose_mm.evaluation.functional import eval_pose, kinematic_triplets
from flexpose_mm.evaluation.functional.eval_pose import joint_angles
from flexpose_mm.skeletons import BODY15

BODY = np.array(kinematic_triplets('body15'))
#: Of the fact sheet; the vertex in the middle.
TABLES = dict(
    mpii='0-1-2, 5-4-3, 12-2-1, 13-3-4, 3-2-1, 2-3-4, 10-11-12, 15-14-13, '
    '11-12-2, 14-13-3, 12-8-9, 13-8-9',
    coco='16-14-12, 15-13-11, 6-12-14, 5-11-13, 11-12-14, 12-11-13, 10-8-6, '
    '9-7-5, 8-6-12, 7-5-11, 0-6-5, 0-5-6',
    h36m='3-2-1, 6-5-4, 14-1-2, 11-4-5, 4-1-2, 1-4-5, 16-15-14, 13-12-11, '
    '15-14-1, 12-11-4, 14-8-10, 11-8-10')


def draw(n=6, seed=0):
    poses = make_poses('source', n, seed)['keypoints'].astype(float)
    return poses, np.ones(poses.shape[:2])


@pytest.mark.parametrize('name', TABLES)
def test_triplets_of_bodies(name):
    found = kinematic_triplets(
        dict(from_file=f'configs/_base_/datasets/{name}.py'))
    want = {
        tuple(int(i) for i in row.split('-'))
        for row in TABLES[name].split(', ')
    }
    assert set(found) == want and len(found) == len(want)


@pytest.mark.parametrize('name', ['freihand2d', 'rhd2d', 'onehand10k'])
def test_triplets_of_hands(name):
    """Whichever end of the finger a data set counts from."""
    meta = dict(from_file=f'configs/_base_/datasets/{name}.py')
    found = kinematic_triplets(meta)
    from flexpose_mm.skeletons import get_skeleton
    names = get_skeleton(meta).joints
    assert len(found) == 19
    assert ('wrist', 'thumb1', 'thumb2') == tuple(names[i] for i in found[0])
    assert names[found[-1][1]] == 'wrist'


def test_triplets_of_other_skeletons_follow_the_tree():
    face = kinematic_triplets('face68')
    assert (0, 1, 2) in face and len(face) > 40
    with pytest.raises(UserError, match='too few limbs'):
        kinematic_triplets(dict(from_file='configs/_base_/datasets/300w.py'))


def test_angles_by_hand():
    pose = np.array([[[1., 0.], [0., 0.], [0., 1.], [-1., 0.]]])
    triplets = np.array([[0, 1, 2], [2, 1, 0], [0, 1, 3], [0, 1, 1]])
    plain = joint_angles(pose, triplets)[0]
    assert np.allclose(plain, [np.pi / 2, np.pi / 2, np.pi, 0])
    assert np.allclose(joint_angles(pose, triplets, True)[0, :2],
                       [np.pi / 2, -np.pi / 2])


def test_score_by_hand():
    # star: joint 0 at the centre, three triplets around it
    def star(*degrees):
        turn = np.deg2rad(degrees)
        arms = np.stack([np.cos(turn), np.sin(turn)], -1)
        return np.concatenate([np.zeros((1, 2)), arms])[None]

    triplets = [(1, 0, 2), (2, 0, 3), (3, 0, 1)]
    one, two = star(0, 90, 180), star(0, 60, 120)
    a, b = np.array([90., 90, 180]), np.array([60., 60, 120])
    found = eval_pose(one, two, np.ones((1, 4)), triplets)
    want = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert found.scores[0] == pytest.approx(want)  # the same direction: 1
    three = star(0, 30, 180)
    c = np.array([30., 150, 180])
    found = eval_pose(three, one, np.ones((1, 4)), triplets)
    want = a @ c / np.linalg.norm(a) / np.linalg.norm(c)
    assert found.scores[0] == pytest.approx(want) and want < .95


@settings(max_examples=25)
@given(st.integers(0, 99), st.floats(.01, 100), st.floats(-500, 500),
       st.floats(-4, 4), st.booleans())
def test_blind_to_size_place_and_rotation(seed, scale, shift, turn, signed):
    gt, seen = draw(4, seed)
    pred = draw(4, seed + 100)[0]
    c, s = np.cos(turn), np.sin(turn)
    moved = scale * pred @ np.array([[c, s], [-s, c]]) + shift
    base = eval_pose(pred, gt, seen, BODY, signed)
    found = eval_pose(moved, gt, seen, BODY, signed)
    assert np.allclose(base.scores, found.scores, atol=1e-6)
    found = eval_pose(gt, moved, seen, BODY, signed)
    other = eval_pose(gt, pred, seen, BODY, signed)
    assert np.allclose(found.scores, other.scores, atol=1e-6)
    assert (np.abs(found.scores) <= 1).all()


def test_a_pose_agrees_with_itself_and_its_mirror_image():
    gt, seen = draw()
    assert np.allclose(eval_pose(gt, gt, seen, BODY).scores, 1)
    assert np.allclose(eval_pose(gt, gt, seen, BODY, True).scores, 1)
    mirrored = gt * (-1, 1)
    assert np.allclose(eval_pose(mirrored, gt, seen, BODY).scores, 1)
    assert np.allclose(eval_pose(mirrored, gt, seen, BODY, True).scores, -1)


def test_hidden_joints_drop_their_triplets():
    gt, seen = draw()
    pred = draw(seed=9)[0]
    seen[:, 5] = 0  # the left wrist: one triplet
    base = eval_pose(pred, gt, seen, BODY)
    pred[:, 5], gt[:, 5] = np.nan, np.inf
    found = eval_pose(pred, gt, seen, BODY)
    assert np.array_equal(base.scores, found.scores)
    assert found.dropped == 6 and found.counted.all()
    seen[0] = 0
    found = eval_pose(pred, gt, seen, BODY)
    assert not found.counted[0] and found.scores[0] == 0


def test_degenerate_limbs():
    gt, seen = draw()
    pred = gt.copy()
    pred[:, 5] = pred[:, 4]  # forearm of length 0
    found = eval_pose(pred, gt, seen, BODY)
    assert found.collapsed == 6 and (found.scores < 1).all()
    assert (eval_pose(gt, pred, seen, BODY).dropped) == 6
    nothing = eval_pose(np.zeros_like(gt), gt, seen, BODY)
    assert (nothing.scores == 0).all() and nothing.counted.all()


@pytest.mark.parametrize('triplets', [[(0, 1)], [(0, 1, 15)], [(0, 1, 1)],
                                      [(0., 1., 2.)]])
def test_wrong_triplets(triplets):
    gt, seen = draw()
    with pytest.raises(UserError, match='triplets'):
        eval_pose(gt, gt, seen, triplets)


def test_nan_is_refused():
    gt, seen = draw()
    pred = gt.copy()
    pred[2, 3] = np.nan
    with pytest.raises(UserError, match=r'pred\[2\]'):
        eval_pose(pred, gt, seen, BODY)


def sample(pred, gt, seen):
    return dict(
        pred_instances=dict(keypoints=pred[None]),
        gt_instances=dict(keypoints=gt[None], keypoints_visible=seen[None]))


def test_metric():
    init_default_scope('mmpose')
    gt, seen = draw(8)
    seen[0] = 0
    metric = METRICS.build(dict(type='EvalPose'))
    metric.dataset_meta = BODY15.metainfo
    pred = np.float32(gt)
    metric.process({}, [sample(*rows) for rows in zip(pred, gt, seen)])
    found = metric.evaluate(8)
    assert found['EvalPose'] == pytest.approx(100, abs=1e-3)
    assert found['EvalPose_signed'] == pytest.approx(100, abs=1e-3)
    assert found['EvalPose_skipped'] == 1
    assert found['EvalPose_dropped'] == len(BODY)
    assert found['EvalPose_collapsed'] == 0
