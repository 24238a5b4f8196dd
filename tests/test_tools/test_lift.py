"""tools/lift.py: every format, every mistake, and a killed run."""
import json
import os

import numpy as np
import pytest
import tiny
import tiny_lifting
import torch
from mmengine.structures import InstanceData

from flexpose_mm import UserError
from flexpose_mm.apis import lift
from flexpose_mm.joint_orders import from_h36m17
from flexpose_mm.lifting import (INPUT_ORDERS, LiftOptions, from_array,
                                 init_lifter, read_sequences)
from flexpose_mm.lifting.lifter import SequenceClips, prepare
from flexpose_mm.lifting.readers import Person, choose_person
from flexpose_mm.lifting.sequence import to_h36m
from flexpose_mm.models.lifting.camera import (denormalize_screen,
                                               normalize_camera, project)

SIZE = (1000, 800)
CAMERA = (1100., 1100., 505., 395.)
CONFIG = """
custom_imports = dict(imports=['flexpose_mm'], allow_failed_imports=False)
default_scope = 'mmpose'
model = {model!r}
test_dataloader = {loader!r}
"""
# where a standing person's joints are, metres, camera axes
STANDING = np.array([
    [0, 0, 0], [-.13, 0, 0], [-.14, .43, .03], [-.14, .86, .1],
    [.13, 0, 0], [.14, .43, -.02], [.15, .87, .05], [0, -.23, .02],
    [0, -.48, .02], [0, -.57, -.05], [0, -.69, 0], [.15, -.44, .02],
    [.3, -.2, .05], [.32, .04, -.05], [-.15, -.44, .02], [-.28, -.19, .06],
    [-.35, .03, -.04]])


def moving(frames=20):
    """A person who sways and walks: absolute metres (F, 17, 3)."""
    time = np.linspace(0, 2, frames)
    angle = .3 * np.sin(3 * time)
    turn = np.stack([
        np.stack([np.cos(angle), 0 * angle, np.sin(angle)], -1),
        np.stack([0 * angle, 1 + 0 * angle, 0 * angle], -1),
        np.stack([-np.sin(angle), 0 * angle, np.cos(angle)], -1)
    ], 1)
    place = np.stack([.3 * time - .3, 0 * time, 4 + .2 * time], -1)
    return np.einsum('fij,kj->fki', turn, STANDING) + place[:, None]


def pixels(frames=20):
    """What the camera sees of :func:`moving`: (F, 17, 2)."""
    camera = normalize_camera(CAMERA[:2], CAMERA[2:], w=SIZE[0], h=SIZE[1])
    points = project(torch.from_numpy(moving(frames)).float(), camera)
    return denormalize_screen(points, *SIZE).double().numpy()


def as_coco(points):
    """COCO's 17 joints of a person of Human3.6M's order."""
    nose, head = points[:, 9], points[:, 10]
    eye = (nose + head) / 2
    step = np.array([6., 0])
    face = [nose, head + step, head - step, eye + 2 * step, eye - 2 * step]
    body = [points[:, j] for j in (11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3)]
    return np.stack(face + body, 1)


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """A config and its checkpoint."""
    folder = tmp_path_factory.mktemp('lift')
    model = tiny_lifting.lifter(
        test_cfg=dict(hypotheses=2, steps=2, aggregation='mean'))
    loader = tiny_lifting.evaluation()['test_dataloader']
    (folder / 'config.py').write_text(
        CONFIG.format(model=model, loader=loader))
    net = tiny.scramble(tiny.build(model))
    torch.save(dict(meta={}, state_dict=net.state_dict()),
               folder / 'lifter.pth')
    return folder


@pytest.fixture(scope='module')
def model(place):
    return init_lifter(str(place / 'config.py'), str(place / 'lifter.pth'))


@pytest.fixture(scope='module')
def wanted(model):
    """The result of an array."""
    return lift(model, pixels(), image_size=SIZE, joints='h36m17')[0]


@pytest.fixture
def tool(place, call):
    """Run tools/lift.py on the config."""
    return lambda *args: call('lift', place / 'config.py', place /
                              'lifter.pth', *args)


def video_json(points, scores=None, more=()):
    """MMPose's predictions of a video."""
    scores = np.ones(points.shape[:2]) if scores is None else scores
    return [
        dict(
            frame_id=i,
            instances=[
                dict(keypoints=p.tolist(), keypoint_scores=s.tolist(),
                     bbox=[[0, 0, 1, 1]], bbox_score=1.), *more
            ]) for i, (p, s) in enumerate(zip(points, scores))
    ]


def coco_json(points, size=SIZE, names=None, videos=1):
    """COCO keypoint JSON of ``videos`` equal sequences."""
    triples = np.concatenate([points, np.full((*points.shape[:2], 1), 2)], -1)
    images, notes = [], []
    for video in range(videos):
        for i, row in enumerate(triples):
            number = len(images) + 1
            images.append(
                dict(id=number, file_name=f'{number}.jpg', width=size[0],
                     height=size[1], video_id=video, frame_id=i))
            notes.append(
                dict(id=number, image_id=number, category_id=1, iscrowd=0,
                     keypoints=row.ravel().tolist()))
    category = dict(id=1, name='person')
    if names:
        category['keypoints'] = names
    return dict(images=images, annotations=notes, categories=[category],
                videos=[dict(id=v, name=f'cam{v}.mp4')
                        for v in range(videos)])


def write(path, data):
    path.write_text(json.dumps(data))
    return path


# -- the result ------------------------------------------------------------


def test_every_frame_is_lifted_and_the_root_is_exactly_zero(wanted):
    assert wanted.keypoints.shape == (20, 17, 3)
    assert (wanted.keypoints[:, 0] == 0).all()
    assert np.abs(wanted.keypoints[:, 1:]).max(axis=(1, 2)).all()
    assert wanted.root is None and wanted.frames.tolist() == list(range(20))


def test_result_does_not_depend_on_the_batch(model, wanted):
    other, = lift(model, pixels(), image_size=SIZE, joints='h36m17',
                  batch_size=1)
    np.testing.assert_allclose(other.keypoints, wanted.keypoints, atol=1e-6)


def test_the_last_clip_wins_where_clips_overlap(model, wanted):
    sequence = prepare(
        from_array(pixels(), joints='h36m17'), LiftOptions(image_size=SIZE),
        model)
    clips = SequenceClips(sequence, dict(seq_len=9))
    last = clips[len(clips) - 1]
    found = model.test_step(
        dict(inputs=[last['inputs']], data_samples=[last['data_samples']]))
    np.testing.assert_allclose(
        found[0].pred_instances.keypoints, wanted.keypoints[-9:], atol=1e-6)


class Oracle(torch.nn.Module):
    """Answers with the true poses, so that only our own part can err."""

    def __init__(self, cfg):
        super().__init__()
        self.cfg, self.test_cfg = cfg, dict(hypotheses=1, aggregation='mean')

    def test_step(self, data):
        truth = moving()
        truth -= truth[:, :1]
        for sample in data['data_samples']:
            frames = sample.metainfo['frames']
            sample.pred_instances = InstanceData(
                keypoints=truth[frames].astype(np.float32))
        return data['data_samples']


@pytest.mark.parametrize('lens', [(), (-.2, .24, -.002, -.001, -.0014)])
def test_frames_and_the_place_of_the_person_are_right(model, lens):
    camera = normalize_camera(CAMERA[:2], CAMERA[2:], lens[:3] or [0] * 3,
                              lens[3:] or [0] * 2, *SIZE)
    points = denormalize_screen(
        project(torch.from_numpy(moving()).float(), camera), *SIZE)
    found, = lift(Oracle(model.cfg), points.numpy(), image_size=SIZE,
                  joints='h36m17', camera=CAMERA + lens)
    truth = moving()
    np.testing.assert_allclose(found.keypoints, truth - truth[:, :1],
                               atol=1e-6)
    np.testing.assert_allclose(found.root, truth[:, 0], atol=2e-3)


# -- formats ----------------------------------------------------------------


def test_all_formats_give_the_same_poses(tmp_path, model, wanted):
    points = pixels()
    video = video_json(points)
    write(tmp_path / 'video.json', video)
    write(tmp_path / 'demo.json', dict(meta_info={}, instance_info=video))
    write(tmp_path / 'coco.json', coco_json(points))
    np.savez(tmp_path / 'a.npz', keypoints=points, image_size=SIZE)
    np.savez(tmp_path / 'b.npz', joints='h36m17',
             keypoints=np.concatenate([points, points[..., :1] * 0 + 1], -1))
    folder = tmp_path / 'images'
    folder.mkdir()
    for i, frame in enumerate(video):  # 10 comes after 9
        write(folder / f'im_{i}.json', frame['instances'])
    for name in ('video.json', 'demo.json', 'coco.json', 'a.npz', 'b.npz',
                 'images'):
        found, = lift(model, str(tmp_path / name), image_size=SIZE,
                      joints='h36m17')
        np.testing.assert_array_equal(found.keypoints, wanted.keypoints, name)


def test_joint_names_of_a_file_tell_its_order(tmp_path):
    from flexpose_mm.skeletons import Skeleton
    for order, file in (('coco17', 'coco'), ('mpii16', 'mpii'),
                        ('h36m17', 'h36m'), ('3dhp17', 'mpi_inf_3dhp')):
        joints = Skeleton.from_metainfo(
            dict(from_file=f'configs/_base_/datasets/{file}.py')).joints
        points = np.ones((2, len(joints), 2))
        path = write(tmp_path / f'{file}.json',
                     coco_json(points, names=list(joints)))
        assert read_sequences(str(path))[0].joints == order
        path = write(
            tmp_path / 'demo.json',
            dict(
                meta_info=dict(keypoint_id2name=dict(enumerate(joints))),
                instance_info=video_json(points)))
        assert read_sequences(str(path))[0].joints == order


def test_orders_put_each_joint_where_it_belongs():
    points = pixels()
    coco = to_h36m(from_array(as_coco(points), joints='coco17')).keypoints
    same = [1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16]
    np.testing.assert_allclose(coco[:, same], points[:, same], atol=1e-6)
    assert np.linalg.norm(coco - points, axis=-1).max() < 20
    dhp = to_h36m(from_array(from_h36m17(points, '3dhp17'), joints='3dhp17'))
    np.testing.assert_array_equal(dhp.keypoints, points)
    mpii = np.zeros((20, 16, 2))
    for j, h in ((0, 3), (1, 2), (2, 1), (3, 4), (4, 5), (5, 6), (6, 0),
                 (7, 8), (8, 8), (9, 10), (10, 16), (11, 15), (12, 14),
                 (13, 11), (14, 12), (15, 13)):
        mpii[:, j] = points[:, h]
    found = to_h36m(from_array(mpii, joints='mpii16')).keypoints
    limbs = [0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16]
    np.testing.assert_allclose(found[:, limbs], points[:, limbs], atol=1e-6)
    assert np.linalg.norm(found - points, axis=-1).max() < 30


@pytest.mark.parametrize('true, told', [
    (a, b) for a in ('h36m17', '3dhp17', 'coco17')
    for b in ('h36m17', '3dhp17', 'coco17') if a != b])
def test_a_wrong_joint_order_is_found(true, told):
    points = as_coco(pixels()) if true == 'coco17' \
        else from_h36m17(pixels(), true)
    to_h36m(from_array(points, joints=true))
    with pytest.raises(UserError, match=f"'{told}'.*--joints {true}"):
        to_h36m(from_array(points, joints=told))


def test_following_keeps_to_one_person():
    points = pixels()
    left = [Person(p, np.full(17, .9)) for p in points]
    right = [Person(p + [500, 0], np.full(17, .95)) for p in points]
    frames = [[a, b] if i % 2 else [b, a]
              for i, (a, b) in enumerate(zip(left, right))]
    frames[3] = []
    found = choose_person(frames, 'follow', 'x')
    assert found[3] is None
    assert all(p is right[i] for i, p in enumerate(found) if i != 3)
    with pytest.raises(UserError, match='persons in frame 0=2'):
        choose_person(frames, 'only', 'x')
    tracked = [[Person(p, s, t) for t, (p, s, _) in enumerate(frame)]
               for frame in frames]
    assert choose_person(tracked, 1, 'x')[1] is tracked[1][1]
    with pytest.raises(UserError, match='no such track_id'):
        choose_person(tracked, 7, 'x')


def test_missing_joints_are_filled_along_time(model):
    points, scores = pixels(), np.ones((20, 17))
    points[4:7, 13] = np.nan
    scores[0:2, 3] = 0
    points[0:2, 3] = -999
    sequence = from_array(points, scores, joints='h36m17')
    options = LiftOptions(image_size=SIZE, missing='interpolate')
    found = prepare(sequence, options, model)
    np.testing.assert_allclose(
        found.keypoints[5, 13], (points[3, 13] + points[7, 13]) / 2)
    np.testing.assert_array_equal(found.keypoints[0, 3], points[2, 3])
    assert (found.scores == 0).sum() == 5
    lifted, = lift(model, sequence, **options._asdict())
    assert np.isfinite(lifted.keypoints).all()


# -- mistakes ---------------------------------------------------------------


def broken(frame, joint, value):
    points = pixels()
    points[frame, joint] = value
    return points


ZERO = np.ones((20, 17))
ZERO[7, 3] = 0
NEVER = np.ones((20, 17))
NEVER[:, 16] = 0


@pytest.mark.parametrize('points, change, words', [
    (pixels(), dict(joints=None), 'joints=None: say in which order'),
    (pixels()[:, :14], {}, 'number of joints=14: h36m17 has 17'),
    (pixels(), dict(joints='mpii16'), 'number of joints=17'),
    (pixels(), dict(joints='body25'), "joints='body25'"),
    (pixels(), dict(image_size=None), 'image_size=None.*--image-size'),
    (pixels(), dict(image_size=(0, 10)), 'image_size'),
    (pixels(), dict(image_size=(100, 80)), 'the keypoints lie outside'),
    (pixels() / 1000, {}, 'pixels'),
    (broken(4, 2, np.nan), {}, 'frame 4, Human3.6M joint 2.*--missing'),
    (pixels(), dict(scores=ZERO), 'frame 7, Human3.6M joint 3'),
    (pixels(), dict(scores=NEVER, missing='interpolate'),
     'joint 16.*in no frame'),
    (pixels(), dict(scores=ZERO[:3]), r'scores.shape=\(3, 17\)'),
    (pixels(5), {}, 'frames=5: the lifter reads 9.*--short repeat'),
    (pixels(), dict(camera=(1100, 1100)), 'give 4 pixel numbers'),
    (pixels(), dict(camera=(2.2, 2.2, .1, .1)), 'no camera of a 1000x800'),
    (pixels(), dict(camera=(np.nan, 1, 1, 1)), 'camera'),
    (pixels(), dict(missing='guess'), "missing='guess'"),
    (pixels(), dict(short='cut'), "short='cut'"),
    (pixels(), dict(batch_size=0), 'batch_size=0'),
    (pixels(), dict(colour='red'), 'colour'),
    (pixels()[0], {}, 'keypoints.shape'),
])
def test_mistakes_are_named(points, change, words, model):
    options = {**dict(image_size=SIZE, joints='h36m17'), **change}
    with pytest.raises(UserError, match=words):
        lift(model, points, **options)


def test_a_mistake_in_the_last_sequence_stops_the_first(tmp_path, tool):
    np.savez(tmp_path / 'a.npz', keypoints=pixels())
    np.savez(tmp_path / 'b.npz', keypoints=pixels() / 1000)
    code, err = tool(tmp_path / 'a.npz', tmp_path / 'b.npz', '-o',
                     tmp_path / 'out', *FLAGS)
    assert code == 2 and 'b: ' in err and 'give pixels' in err
    assert not (tmp_path / 'out').exists()


def test_a_frame_without_a_person_stands_between_its_neighbours(model):
    scores = np.ones((20, 17))
    scores[5] = 0
    found, = lift(Oracle(model.cfg), pixels(), scores, image_size=SIZE,
                  joints='h36m17', camera=CAMERA, missing='interpolate')
    np.testing.assert_allclose(found.root, moving()[:, 0], atol=.1)


def test_arguments_that_would_not_be_read_are_refused(model):
    for args in (dict(scores=np.ones(3)), dict(checkpoint='x.pth')):
        with pytest.raises(UserError, match='would not be read'):
            lift(model, 'x.json', **args)


def test_short_sequences_repeat_their_end_on_request(model):
    found, = lift(model, pixels(5), image_size=SIZE, joints='h36m17',
                  short='repeat')
    assert found.keypoints.shape == (5, 17, 3)


def test_projection_of_hypotheses_needs_a_camera(place):
    for how, words in (('j_agg', 'camera=None.*--camera'),
                       ('p_best', 'reads the 3D truth')):
        model = init_lifter(
            str(place / 'config.py'), str(place / 'lifter.pth'),
            cfg_options={'model.test_cfg.aggregation': how})
        with pytest.raises(UserError, match=words):
            lift(model, pixels(), image_size=SIZE, joints='h36m17')
        if how == 'j_agg':
            lift(model, pixels(), image_size=SIZE, joints='h36m17',
                 camera=CAMERA)


@pytest.mark.parametrize('text, words', [
    ('{"a": 1}', 'predictions of a video'),
    ('nonsense', 'predictions of a video'),
    ('[]', 'numbers of joints'),
    ('[{"frame_id": 0, "instances": []}]', 'person in at least one frame'),
    ('[{"frame_id": 0, "instances": [{"keypoints": [[1, 2]], '
     '"keypoint_scores": [1, 1]}]}]', 'keypoint_scores'),
])
def test_damaged_files_are_named(text, words, tmp_path):
    (tmp_path / 'x.json').write_text(text)
    with pytest.raises(UserError, match=words):
        read_sequences(str(tmp_path / 'x.json'))


def test_files_that_are_not_there_or_hold_something_else(tmp_path):
    np.savez(tmp_path / 'x.npz', poses=np.zeros(3))
    np.savez(tmp_path / 'y.npz', keypoints=np.zeros((3, 17, 4)))
    images = coco_json(pixels())
    images['images'][3]['width'] = 7
    write(tmp_path / 'sizes.json', images)
    (tmp_path / 'empty').mkdir()
    for name, words in (('no.json', 'no such file'), ('x.npz', "'poses'"),
                        ('y.npz', 'keypoints.shape'),
                        ('sizes.json', 'image sizes'), ('empty', 'no .json')):
        with pytest.raises(UserError, match=words):
            read_sequences(str(tmp_path / name))


# -- the tool ---------------------------------------------------------------

FLAGS = ('--joints', 'h36m17', '--image-size', *SIZE)


def test_tool_writes_json_npz_and_a_picture(tmp_path, tool, wanted):
    source = write(tmp_path / 'video.json', video_json(pixels()))
    out = tmp_path / 'out.json'
    code, err = tool(source, '-o', out, *FLAGS, '--camera', *CAMERA,
                     '--animation', 'gif')
    assert code == 0, err
    assert '3/3' in err  # the progress bar, in clips
    data = json.loads(out.read_text())
    assert data['meta_info']['unit'] == 'metre'
    rows = [row['instances'][0] for row in data['instance_info']]
    np.testing.assert_allclose([r['keypoints'] for r in rows],
                               wanted.keypoints, atol=1e-5)
    assert np.array([r['root'] for r in rows]).shape == (20, 3)
    assert (tmp_path / 'out.gif').read_bytes()[:3] == b'GIF'
    code, err = tool(source, '-o', tmp_path / 'out.npz', *FLAGS)
    assert code == 0, err
    with np.load(tmp_path / 'out.npz', allow_pickle=False) as file:
        np.testing.assert_array_equal(file['keypoints'], wanted.keypoints)
        assert 'root' not in file.files


def test_killed_run_goes_on_and_ends_the_same(tmp_path, tool, monkeypatch):
    source = write(tmp_path / 'many.json', coco_json(pixels(), videos=3))
    whole, cut = tmp_path / 'whole', tmp_path / 'cut'
    args = (*FLAGS[:2], '--format', 'json')
    assert tool(source, '-o', whole, *args)[0] == 0
    names = sorted(p.name for p in whole.iterdir())
    assert names == [f'many_cam{v}.json' for v in range(3)]
    child = os.fork()
    if child == 0:
        import flexpose_mm.lifting.files as module
        write_lifted, count = module.write_lifted, []

        def kill(path, *rest):
            count.append(1)
            if len(count) == 2:
                (tmp_path / 'half').write_text('')
                os.kill(os.getpid(), 9)
            write_lifted(path, *rest)

        monkeypatch.setattr(module, 'write_lifted', kill)
        os._exit(tool(source, '-o', cut, *args)[0])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    assert [p.name for p in cut.iterdir()] == names[:1]
    before = (cut / names[0]).stat().st_mtime_ns
    code, err = tool(source, '-o', cut, *args, '--resume')
    assert code == 0, err
    assert (cut / names[0]).stat().st_mtime_ns == before
    for name in names:
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    code, err = tool(source, '-o', cut, *args, '--resume', '--camera',
                     *CAMERA)
    assert code == 2 and 'made from other keypoints' in err


@pytest.mark.parametrize('out, words', [
    ('out.json', 'there are 2 sequences; give a folder'),
    ('taken/x', 'no such folder can be made'),
])
def test_output_is_checked_before_lifting(out, words, tmp_path, tool):
    (tmp_path / 'taken').write_text('')
    source = write(tmp_path / 'a.json', coco_json(pixels(), videos=2))
    code, err = tool(source, '-o', tmp_path / out, *FLAGS)
    assert code == 2 and words in err


def test_two_sources_of_one_name_are_refused(tmp_path, tool):
    for folder in 'ab':
        (tmp_path / folder).mkdir()
        np.savez(tmp_path / folder / 'x.npz', keypoints=pixels())
    code, err = tool(tmp_path / 'a/x.npz', tmp_path / 'b/x.npz', '-o',
                     tmp_path / 'out', *FLAGS)
    assert code == 2 and "'x': two sequences have this name" in err


def test_other_models_are_refused(place, call, tmp_path):
    code, err = call('lift', place / 'config.py', place / 'no.pth', 'x.json',
                     '-o', tmp_path / 'o.json')
    assert code == 2 and 'no.pth' in err
    assert 'flip_pairs' not in err and set(INPUT_ORDERS) >= {'coco17'}
