"""Pictures of lifted poses show what they are given."""
import csv

import cv2
import numpy as np
import pytest
import tiny
import tiny_lifting
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from PIL import Image, ImageSequence

from flexpose_mm import UserError
from flexpose_mm.engine.hooks.lifting_picture import (ErrorSums,
                                                      LiftingPictureHook,
                                                      read_clip)
from flexpose_mm.visualization import (bars_figure, error_figure,
                                       hypotheses_figure, save_animation,
                                       sequence_frames)
from flexpose_mm.visualization.lifting import h36m_skeleton, upright


def poses(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, .4, (*shape, 17, 3))


def count(image, color, tolerance=40):
    """Pixels of about this colour."""
    gap = np.abs(image.astype(int) - np.array(color)).max(-1)
    return int((gap < tolerance).sum())


def test_upright_turns_camera_axes_into_a_plot_s():
    assert upright(np.array([1., 2., 3.])).tolist() == [1, 3, -2]


def test_the_chosen_hypothesis_alone_is_red():
    hypotheses = poses(1, 3)
    with_red = hypotheses_figure(hypotheses, hypotheses[:, 1])
    other = hypotheses_figure(hypotheses, hypotheses[:, 2])
    assert with_red.dtype == np.uint8 and with_red.shape[2] == 3
    red = (224, 0, 0)
    assert count(with_red, red) > 100 and count(other, red) > 100
    assert (with_red != other).any()
    # its own colour is under the red; those of the two others are visible
    for color in ((0, 114, 178), (204, 121, 167)):
        assert count(with_red, color, 60) > 30


def test_a_row_has_input_hypotheses_and_truth():
    alone = hypotheses_figure(poses(2, 3), poses(2))
    full = hypotheses_figure(poses(2, 3), poses(2), poses(2, seed=1),
                             poses(2)[..., :2], titles=('a', 'b'))
    assert full.shape[0] == alone.shape[0]
    assert full.shape[1] == pytest.approx(3 * alone.shape[1], abs=3)
    assert count(full, (0, 0, 0), 30) > count(alone, (0, 0, 0), 30) + 200


@pytest.mark.parametrize('change, words', [
    (dict(hypotheses=poses(1, 3)[..., :2]), 'hypotheses.shape'),
    (dict(chosen=poses(2)), 'chosen.shape'),
    (dict(truth=poses(1) * np.nan), 'truth'),
    (dict(keypoints=poses(1)), 'keypoints.shape'),
])
def test_shapes_that_do_not_fit_are_named(change, words):
    given = dict(hypotheses=poses(1, 3), chosen=poses(1))
    with pytest.raises(UserError, match=words):
        hypotheses_figure(**{**given, **change})


def test_animation_moves_with_the_poses(tmp_path):
    still = np.repeat(poses(1), 3, 0)
    moving = still + np.arange(3)[:, None, None] * .2
    frames = list(sequence_frames(dict(lifted=still), size=120))
    assert (frames[0] == frames[2]).all()
    frames = list(
        sequence_frames(dict(lifted=moving, truth=still),
                        moving[..., :2], size=120))
    assert frames[0].shape == (120, 360, 3)
    assert (frames[0] != frames[2])[:, :240].any()
    assert (frames[0] == frames[2])[:, 245:].all()  # the truth stands still
    path = save_animation(iter(frames), str(tmp_path / 'new' / 'a.gif'), 5)
    with Image.open(path) as image:
        found = [f.convert('RGB').size for f in ImageSequence.Iterator(image)]
        assert found == [(360, 120)] * 3 and image.info['duration'] == 200
    assert [p.name for p in (tmp_path / 'new').iterdir()] == ['a.gif']


def test_mp4_holds_every_frame(tmp_path):
    frames = np.zeros((4, 33, 48, 3), np.uint8)
    frames[..., 0] = 250  # red in RGB
    path = save_animation(iter(frames), str(tmp_path / 'a.mp4'))
    video = cv2.VideoCapture(path)
    images = []
    while True:
        good, image = video.read()
        if not good:
            break
        images.append(image)
    assert len(images) == 4 and images[0].shape == (32, 48, 3)
    assert images[0][..., 2].mean() > 200 > 60 > images[0][..., 0].mean()


@pytest.mark.parametrize('frames, name, fps, words', [
    ([], 'a.gif', 10, 'at least one frame'),
    (np.zeros((1, 8, 8, 3), np.uint8), 'a.avi', 10, 'gif or .mp4'),
    (np.zeros((1, 8, 8, 3), np.uint8), 'a.gif', 0, 'fps'),
])
def test_animations_that_cannot_be_written(frames, name, fps, words,
                                           tmp_path):
    with pytest.raises(UserError, match=words):
        save_animation(iter(frames), str(tmp_path / name), fps)
    assert not list(tmp_path.iterdir())


def test_an_empty_sequence_is_refused():
    with pytest.raises(UserError, match='at least one sequence'):
        next(sequence_frames({}))
    with pytest.raises(UserError, match='truth.shape'):
        next(sequence_frames(dict(lifted=poses(3), truth=poses(2))))


def test_bars_of_actions_of_several_models():
    image = error_figure(
        dict(
            source=dict(Walking=60., Sitting=120.),
            adapted=dict(Walking=40., Eating=50.)), 'action')
    assert count(image, (0, 114, 178)) > 1000
    assert count(image, (213, 94, 0)) > 1000
    with pytest.raises(UserError, match='number of bars'):
        bars_figure(dict(a=[1, 2], b=[1]), 'ab', '', '')
    with pytest.raises(UserError, match='at least one model'):
        error_figure({}, 'action')


def sample(action, offset, frames=4, weight=None, truth=True):
    """A prediction that misses each joint but the root by ``offset`` m."""
    target = poses(frames)
    target -= target[:, :1]
    pred = target.copy()
    pred[:, 1:, 0] += offset
    found = PoseDataSample(metainfo=dict(action=action, sequence=action))
    found.pred_instances = InstanceData(keypoints=pred)
    found.gt_instances = InstanceData()
    if truth:
        found.gt_instances.lifting_target = target
        found.gt_instances.frame_weight = np.ones(
            frames, bool) if weight is None else np.array(weight)
    return found


def test_errors_count_each_frame_once_and_are_millimetres():
    sums = ErrorSums()
    for one in (sample('Walking', .017), sample('Walking', .034),
                sample('Sitting', .1, weight=[1, 0, 0, 0])):
        sums.add(one, read_clip(np.zeros((4, 17, 2)), one))
    found = sums.by_action()
    # the root's exact zero is one of the 17 joints
    assert found['Walking'] == pytest.approx(25.5 * 16 / 17)
    assert found['Sitting'] == pytest.approx(100 * 16 / 17)
    joints = sums.by_joint(h36m_skeleton().joints)
    assert joints['root'] == 0 and len(joints) == 17
    assert joints['head'] == pytest.approx((4 * 17 + 4 * 34 + 100) / 9)
    other = ErrorSums()
    other.merge([sums.sums, sums.sums])
    assert other.by_action() == pytest.approx(found)


class Fake:
    """As much of a runner as the hook looks at."""

    def __init__(self, folder, size):
        self.work_dir, self.iter = str(folder), 20
        data = type('Data', (), dict(
            __len__=lambda _: size, metainfo=h36m_skeleton().metainfo))()
        self.val_loop = type('Loop', (), {})()
        self.val_loop.dataloader = type('Loader', (), dict(dataset=data))()


@pytest.mark.parametrize('truth', [True, False])
def test_hook_writes_tables_and_pictures(truth, tmp_path):
    runner = Fake(tmp_path, 3)
    hook = LiftingPictureHook(num_poses=2, num_sequences=1, fps=20)
    hook.before_val_epoch(runner)
    samples = [sample(a, .02, truth=truth) for a in ('Eating', 'Walking', 'Z')]
    samples[0].pred_instances.hypotheses = np.repeat(
        samples[0].pred_instances.keypoints[:, None], 3, 1)
    for one in samples[1:]:
        one.pred_instances.hypotheses = np.zeros((4, 3, 17, 3))
    inputs = [np.random.rand(4, 17, 2) for _ in samples]
    hook.after_val_iter(runner, 0, dict(inputs=inputs[:2]), samples[:2])
    # the last clip comes twice, as a sampler pads an epoch
    hook.after_val_iter(runner, 1, dict(inputs=inputs[2:] * 2),
                        samples[2:] * 2)
    assert len(hook.clips) == 2
    hook.after_val_epoch(runner)
    folder = tmp_path / 'lifting' / 'val_iter_20'
    names = {p.name for p in folder.iterdir()}
    assert {'hypotheses.png', 'sequence_0.gif'} <= names
    assert ('errors.csv' in names) == truth == ('by_joint.png' in names)
    if truth:
        rows = list(csv.reader((folder / 'errors.csv').open()))
        table = {row[1]: row[2] for row in rows if row[0] == 'action'}
        assert table == dict.fromkeys(
            ('Eating', 'Walking', 'Z'), f'{20 * 16 / 17:.4f}')
        assert sum(row[0] == 'joint' for row in rows) == 17


def test_hook_agrees_with_the_metric_in_a_real_run(tmp_path, monkeypatch):
    monkeypatch.setattr(Runner, '_log_env', lambda *_: None)  # slow
    model = tiny_lifting.lifter(
        test_cfg=dict(hypotheses=3, keep_hypotheses=True))
    runner = tiny.runner(
        tmp_path, model, tiny_lifting.clips(), tiny.adam(), iters=1,
        custom_hooks=[
            dict(type='LiftingPictureHook', num_poses=1, num_sequences=0)
        ],
        **tiny_lifting.evaluation())
    runner.train()
    found = runner.test()
    for folder in ('val_iter_1', 'test'):
        files = tmp_path / 'lifting' / folder
        assert (files / 'hypotheses.png').is_file()
        with (files / 'errors.csv').open() as file:
            table = {row[1]: float(row[2]) for row in csv.reader(file)
                     if row[0] == 'action'}
        assert table and all(
            value == pytest.approx(found[f'MPJPE_{action}'], rel=1e-5)
            for action, value in table.items())


@pytest.mark.parametrize('change, words', [
    (dict(num_poses=-1), 'num_poses=-1'),
    (dict(animation='avi'), "animation='avi'"),
    (dict(fps=0), 'fps=0'),
])
def test_hook_refuses_wrong_fields(change, words):
    with pytest.raises(UserError, match=words):
        LiftingPictureHook(**change)
