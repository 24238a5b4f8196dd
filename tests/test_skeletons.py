"""Skeletons, MMPose metainfo and joint mappings."""
import pickle
from pathlib import Path

import mmpose
import numpy as np
import pytest
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.datasets.transforms import KeypointConverter

from flexpose_mm.errors import UserError
from flexpose_mm.skeletons import (BODY15, FACE68, HAND21, MAPPINGS,
                                   SKELETONS, Skeleton, get_mapping,
                                   get_skeleton, map_joints)

METAINFO = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets'


@pytest.mark.parametrize('skeleton, joints, limbs', [
    (BODY15, 15, 14), (FACE68, 68, 63), (HAND21, 21, 20)])
def test_sizes_and_round_trip(skeleton, joints, limbs):
    assert (skeleton.num_joints, skeleton.num_limbs) == (joints, limbs)
    again = Skeleton.from_metainfo(skeleton.metainfo)
    parsed = Skeleton.from_metainfo(parse_pose_metainfo(skeleton.metainfo))
    for other in (again, parsed, pickle.loads(pickle.dumps(skeleton))):
        assert other.fingerprint == skeleton.fingerprint
        assert other.flip_indices == skeleton.flip_indices
        assert (other.colors == skeleton.colors).all()
        assert (other.joint_colors == skeleton.joint_colors).all()
    flip = np.array(skeleton.flip_indices)
    assert (flip[flip] == np.arange(joints)).all()


def test_body15_tree():
    names = BODY15.joints
    up = BODY15.parents
    assert up[names.index('pelvis')] == -1
    assert names[up[names.index('left_elbow')]] == 'left_shoulder'
    assert len(BODY15.triplets) == 11
    named = [tuple(names[j] for j in t) for t in BODY15.triplets]
    assert ('left_shoulder', 'left_elbow', 'left_wrist') in named
    assert len({tuple(c) for c in BODY15.colors.tolist()}) == 14
    for a, b in BODY15.flip_pairs:
        assert names[a].replace('left', 'right') == names[b]
    with pytest.raises(ValueError):
        BODY15.colors[0] = 0


@pytest.mark.parametrize('path', sorted(METAINFO.glob('*.py')),
                         ids=lambda p: p.stem)
def test_every_metainfo_of_mmpose(path):
    skeleton = Skeleton.from_metainfo(dict(from_file=str(path)))
    assert len(skeleton.joint_colors) == skeleton.num_joints
    assert len(skeleton.parents) == skeleton.num_joints
    assert -1 in skeleton.parents


def test_face_flip_equals_mmpose_300w():
    theirs = Skeleton.from_metainfo(dict(from_file=str(METAINFO / '300w.py')))
    assert FACE68.joints == theirs.joints
    assert FACE68.flip_indices == theirs.flip_indices


@pytest.mark.parametrize('name, file', [
    ('coco17', 'coco'), ('mpii16', 'mpii'), ('h36m17', 'h36m'),
    ('3dhp17', 'mpi_inf_3dhp')])
def test_mapping_agrees_with_mmpose_names(name, file):
    source = Skeleton.from_metainfo(
        dict(from_file=str(METAINFO / f'{file}.py')))
    mapping = MAPPINGS[name]
    assert mapping.num_source == source.num_joints
    for joint, target in mapping.pairs:
        if target < 3 or not isinstance(joint, int):
            continue
        want = BODY15.joints[target]
        assert source.joints[joint] in (want, want.replace('ankle', 'foot'))


@pytest.mark.parametrize('name', sorted(MAPPINGS))
def test_mapping_commutes_with_mirror_and_library(name):
    mapping = get_mapping(name)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4, mapping.num_source, 3)).astype('f4')
    visible = (rng.random((4, mapping.num_source)) > .3).astype('f4')
    got, seen = map_joints(points, visible, name)
    joints = mapping.target_skeleton.num_joints
    assert got.shape == (4, joints, 3) and got.dtype == np.float32
    assert set(np.unique(seen)) <= {0, 1} and not got[seen == 0].any()
    torch_got, torch_seen = map_joints(
        torch.tensor(points), torch.tensor(visible), name)
    assert np.allclose(got, torch_got, atol=1e-6)
    assert (seen == torch_seen.numpy()).all()


@pytest.mark.parametrize('name', sorted(set(MAPPINGS) - {'coco17'}))
def test_keypoint_converter_agrees(name):
    mapping = MAPPINGS[name]
    cfg = dict(mapping.converter_cfg)
    assert cfg.pop('type') == 'KeypointConverter'
    points = np.random.default_rng(1).normal(
        size=(2, mapping.num_source, 2)).astype('f4')
    results = KeypointConverter(**cfg)(dict(
        keypoints=points, keypoints_visible=np.ones(points.shape[:2])))
    assert np.allclose(results['keypoints'][..., :2],
                       map_joints(points, None, name)[0], atol=1e-6)


def test_coco_head_is_mean_of_the_visible_ones():
    points = np.arange(34, dtype='f4').reshape(1, 17, 2)
    visible = np.ones((1, 17), 'f4')
    visible[0, [1, 2, 3, 5]] = 0  # both eyes, left ear, left shoulder
    points[0, 1] = np.nan
    got, seen = map_joints(points, visible, 'coco17')
    assert np.allclose(got[0, 0], (points[0, 0] + points[0, 4]) / 2)
    assert seen[0, 0] == 1 and seen[0, 1] == 0  # neck needs both shoulders


@pytest.mark.parametrize('call', [
    lambda: get_skeleton('body16'), lambda: get_skeleton(5),
    lambda: get_skeleton(dict(dataset_name='x')),
    lambda: get_skeleton(dict(from_file='/nowhere.py')),
    lambda: get_mapping('coco18'),
    lambda: map_joints(np.zeros((2, 16, 2)), None, 'coco17'),
    lambda: BODY15.check_same(HAND21, 'here'),
    lambda: Skeleton('x', ('a', 'b'), ((0, 2), ), np.zeros((1, 3)),
                     np.zeros((2, 3))),
    lambda: Skeleton('x', ('a', 'a'), (), np.zeros((0, 3)),
                     np.zeros((2, 3))),
    lambda: Skeleton('x', ('a', 'b'), (), np.zeros((0, 3)),
                     np.zeros((2, 3)), parts=('upper', ))])
def test_errors(call):
    with pytest.raises(UserError):
        call()


def test_names():
    assert set(SKELETONS) == {'body15', 'face68', 'hand21'}
    assert get_skeleton(BODY15) is BODY15
    assert get_skeleton(BODY15.metainfo) == BODY15
