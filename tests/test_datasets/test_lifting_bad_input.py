"""Mistakes in lifting data, each answered by one sentence that names file,
field, value and remedy."""
import numpy as np
import pytest
from lifting_files import plain, world_clips
from mmpose.registry import DATASETS

from flexpose_mm.errors import UserError

BASE = plain()
POINTS, BODY = BASE['keypoints_2d'], BASE['positions']


def spoiled(array, index, value):
    array = array.copy()
    array[index] = value
    return array


def scored(frames, value=0.):
    return spoiled(np.ones((80, 17)), frames, value)


SWAP = list(range(17))
SWAP[1:4], SWAP[11:14] = [11, 12, 13], [1, 2, 3]  # legs for arms
COCO = [10, 9, 9, 9, 9, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]

# name: (changes of the arrays, arguments, words of the answer)
CASES = dict(
    no_file=(None, dict(ann_file='nowhere.npz'), ['nowhere.npz', 'path']),
    no_points=(dict(keypoints_2d=None), {}, ['keypoints_2d', 'positions']),
    no_camera=(dict(cam_f=None), {}, ['cam_f', 'missing camera', 'cam_wh']),
    no_image_size=(dict(cam_wh=None), {}, ['cam_wh', 'missing camera']),
    camera_shape=(dict(cam_c=np.zeros((3, 2))), {}, ['cam_c.shape=(3, 2)',
                                                     '(2, 2)']),
    camera_nan=(dict(cam_f=np.array([np.nan, 1000.])), {}, ['cam_f', 'nan',
                                                            'above 0']),
    wrong_camera=(dict(cam_c=BASE['cam_c'] + 300.), {},
                  ['cam_c', 'S0/Walk', 'misses keypoints_2d', 'px']),
    millimetres=(dict(positions=BODY * 1000), {},
                 ['positions', 'S0/Walk', 'millimetres', 'give metres']),
    one_video_in_centimetres=(
        dict(positions=spoiled(BODY, slice(40, 80), BODY[40:] * 100)), {},
        ['S1/Walk', 'centimetres']),
    order_3d=(dict(positions=plain(order='3dhp17')['positions'],
                   keypoints_2d=plain(order='3dhp17')['keypoints_2d']), {},
              ['wrong joint order', "joint_order='3dhp17'"]),
    order_2d_only=(dict(positions=None, keypoints_2d=plain(
        order='3dhp17')['keypoints_2d']), dict(with_3d=False),
        ['keypoints_2d', "joint_order='3dhp17'"]),
    order_said_wrong=({}, dict(joint_order='3dhp17'),
                      ['wrong joint order', '3dhp17']),
    order_of_coco=(dict(positions=None, keypoints_2d=POINTS[:, COCO]),
                   dict(with_3d=False), ['coco17', 'bring them to']),
    arms_for_legs=(dict(positions=BODY[:, SWAP],
                        keypoints_2d=POINTS[:, SWAP]), {},
                   ['wrong joint order', 'positions']),
    unknown_order=({}, dict(joint_order='mpii16'), ['mpii16', '3dhp17']),
    joints=(dict(keypoints_2d=POINTS[:, :16]), {}, ['keypoints_2d.shape',
                                                    '(80, 16, 2)', '17']),
    nan_2d=(dict(keypoints_2d=spoiled(POINTS, (45, 3, 1), np.nan)), {},
            ['keypoints_2d[S1/Walk', 'frame 5, joint 3', 'nan',
             'keypoint_scores 0']),
    inf_3d=(dict(positions=spoiled(BODY, (7, 2, 0), np.inf)), {},
            ['positions[S0/Walk', 'frame 7, joint 2', 'repair']),
    normalised_2d=(dict(keypoints_2d=2 * POINTS / 1000 - 1), {},
                   ['keypoints_2d', 'give pixels']),
    no_3d=(dict(positions=None), {}, ['positions', 'with_3d=False']),
    lengths=(dict(video_length=np.array([40, 41])), {}, ['video_length',
                                                         '80 frames']),
    names=(dict(subject=np.array(['S0'])), {}, ['subject.shape', '(2,)']),
    no_confidence=(dict(keypoint_scores=scored(slice(0, 40))), {},
                   ['keypoint_scores', 'S0/Walk', 'no joint']),
    nan_confidence=(dict(keypoint_scores=scored((3, 3), np.nan)), {},
                    ['keypoint_scores', 'numbers']),
    none_complete=(dict(keypoint_scores=scored((slice(None), 4))),
                   dict(require_all=True), ['require_all', '10 clips']),
    too_short=({}, dict(seq_len=81, pad_video_seq=False),
               ['video_length=40', 'S0/Walk', 'seq_len=81',
                'pad_video_seq=True']),
    select=({}, dict(select=dict(subject=['S9'])), ["'S9'", "['S0', 'S1']"]),
    select_name=({}, dict(select=dict(person=[1])), ['person', 'subject']),
    select_none=({}, dict(select=dict(subject=['S0'], sequence='S1/Walk')),
                 ['none of the 2 videos']),
    indices=({}, dict(indices=[10]), ['indices', '10 clips']),
    seq_len=({}, dict(seq_len=0), ['seq_len=0', 'at least 1']),
    stride=({}, dict(stride=2.5), ['stride=2.5']),
    norm_size=({}, dict(norm_size='height'), ['norm_size', 'longer']),
    trajectory=({}, dict(with_3d=False, with_trajectory=True),
                ['with_trajectory', 'with_3d=True']),
    objects=(dict(cam_f=np.array([[1, 2], None], object)), {},
             ['cam_f', 'pickle']),
)


@pytest.mark.parametrize('name', sorted(CASES))
def test_is_refused(name, tmp_path):
    changes, kwargs, words = CASES[name]
    path = tmp_path / 'clips.npz'
    if changes is not None:
        np.savez(path, **plain(**changes))
    cfg = dict(type='LiftingClipDataset', seq_len=9, ann_file=str(path))
    with pytest.raises(UserError) as caught:
        DATASETS.build(cfg | kwargs)
    text = str(caught.value)
    assert '\n' not in text and len(text) < 500
    for word in words:
        assert word in text, text


@pytest.mark.parametrize('kwargs, words', [
    (dict(cameras=['1']), ["'1'", '54138969']),
    (dict(split='val'), ["split='val'", 'train']),
    (dict(zoom=0), ['zoom=0', 'above 0'])])
def test_virtual_cameras_refuse(kwargs, words, tmp_path):
    np.savez(tmp_path / 'world.npz', **world_clips())
    with pytest.raises(UserError) as caught:
        DATASETS.build(
            dict(type='CMULiftingDataset',
                 ann_file=str(tmp_path / 'world.npz')) | kwargs)
    assert all(word in str(caught.value) for word in words)


def test_a_clip_that_leaves_every_view(tmp_path):
    arrays = world_clips()
    arrays['positions'][:40, :, 0] += np.linspace(-20, 20, 40)[:, None]
    np.savez(tmp_path / 'world.npz', **arrays)
    with pytest.raises(UserError, match='train/walk_0.*walks out of view'):
        DATASETS.build(
            dict(type='CMULiftingDataset',
                 ann_file=str(tmp_path / 'world.npz')))


@pytest.mark.parametrize('kwargs', [
    dict(videos=0), dict(frames=0), dict(seed=-1), dict(split='all'),
    dict(domain='moon')])
def test_synthetic_clips_refuse(kwargs):
    with pytest.raises(UserError, match=str(list(kwargs.values())[0])):
        DATASETS.build(dict(type='SyntheticLiftingDataset') | kwargs)
