"""tools/annotate.py: labels that load elsewhere, and that survive a kill."""
import json
import os

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmpose.apis import MMPoseInferencer
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from flexpose_mm import UserError, annotation
from flexpose_mm.annotation import RowFile, annotate, init_detector
from flexpose_mm.skeletons import get_skeleton

CONFIG = """
custom_imports = dict(imports=['flexpose_mm'], allow_failed_imports=False)
default_scope = 'mmpose'
data_mode, dataset_type = 'topdown', 'CocoDataset'
visualizer = dict(type='PoseLocalVisualizer', vis_backends=[])
model = {model!r}
crop = {crop!r}
test_dataloader = dict(
    batch_size=2, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SyntheticPoseDataset', size=2, images=True,
        pipeline=[
            dict(type='LoadImage'), *crop, dict(type='PackPoseInputs')
        ]))
"""


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """A config, its checkpoint, and seven images of all kinds."""
    folder = tmp_path_factory.mktemp('annotate')
    model = tiny.keypoint_gan()
    (folder / 'config.py').write_text(
        CONFIG.format(model=model, crop=tiny.crop()))
    net = tiny.scramble(tiny.build(model))
    meta = parse_pose_metainfo(get_skeleton('body15').metainfo)
    torch.save(
        dict(meta=dict(dataset_meta=meta), state_dict=net.state_dict()),
        folder / 'kg.pth')
    (folder / 'images').mkdir()
    rng = np.random.default_rng(0)
    kinds = ('jpg', 3), ('png', 4), ('png', 1)
    for i in range(7):
        ending, channels = kinds[i % 3]
        image = rng.integers(0, 255, (40 + 3 * i, 60 - 4 * i, channels),
                             np.uint8)
        cv2.imwrite(str(folder / 'images' / f'{i}.{ending}'), image)
    return folder


@pytest.fixture(scope='module')
def detector(place):
    return init_detector(str(place / 'config.py'), str(place / 'kg.pth'))


@pytest.fixture(scope='module')
def labels(place, detector):
    """The labels of a run that was left alone."""
    out = place / 'whole.json'
    annotate(detector, str(place / 'images'), str(out), batch_size=3)
    return out


def test_every_image_is_labelled_once(labels):
    data = json.loads(labels.read_text())
    assert [i['file_name'][0] for i in data['images']] == list('0123456')
    assert [a['image_id'] for a in data['annotations']] == list(range(1, 8))
    sizes = [(i['width'], i['height']) for i in data['images']]
    assert sizes == [(60 - 4 * i, 40 + 3 * i) for i in range(7)]
    row = data['annotations'][0]
    assert len(row['keypoints']) == 45 and row['bbox'] == [0, 0, 60, 40]
    scores = np.array(row['keypoint_scores'])
    assert ((scores > 0) & (scores <= 1)).all()
    assert row['score'] == pytest.approx(scores.mean(), abs=1e-3)
    assert not labels.with_suffix('.json.part').exists()
    sheet = cv2.imread(str(labels.with_name('whole_sheet.jpg')))
    assert sheet.shape[0] > 192 and sheet.std() > 10


def test_xtcocotools_evaluates_them(labels):
    truth = COCO(str(labels))
    rows = json.loads(labels.read_text())['annotations']
    found = truth.loadRes([
        {k: row[k] for k in ('image_id', 'category_id', 'keypoints', 'score')}
        for row in rows
    ])
    run = COCOeval(truth, found, 'keypoints',
                   np.array(get_skeleton('body15').sigmas))
    run.evaluate()
    run.accumulate()
    run.summarize()
    assert run.stats[0] == pytest.approx(1)  # labels against themselves


def test_mmpose_reads_them(labels, place):
    dataset = DATASETS.build(
        dict(
            type='CocoDataset',
            ann_file=str(labels),
            data_prefix=dict(img=str(place / 'images') + '/'),
            metainfo=get_skeleton('body15').metainfo))
    assert len(dataset) == 7
    info = dataset.get_data_info(3)
    row = json.loads(labels.read_text())['annotations'][3]
    assert np.allclose(info['keypoints'][0].ravel(),
                       np.array(row['keypoints']).reshape(-1, 3)[:, :2].ravel(
                       ), atol=1e-3)
    assert os.path.isfile(info['img_path'])


@pytest.mark.parametrize('torn', [b'', b'1234abcd {"id": 4, "ke'])
def test_killed_and_resumed(labels, place, detector, monkeypatch, torn):
    out = place / 'killed.json'
    append, done = RowFile.append, []

    def kill(self, rows):
        append(self, rows)
        done.append(len(rows))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RowFile, 'append', kill)
        with pytest.raises(KeyboardInterrupt):
            annotate(detector, str(place / 'images'), str(out), batch_size=3)
    assert done == [3] and not out.exists()
    with open(f'{out}.part', 'ab') as file:
        file.write(torn)
    asked = []
    monkeypatch.setattr(
        annotation, 'read_color', lambda path, where, read=annotation.
        read_color: asked.append(path) or read(path, where))
    annotate(detector, str(place / 'images'), str(out), batch_size=3,
             resume=True, sheet=str(place / 'sheet.png'))
    assert out.read_bytes() == labels.read_bytes()
    assert len(asked) == 4 + 7  # the rest, and the contact sheet
    out.unlink()


def test_another_run_is_not_continued(place, tmp_path):
    RowFile(str(tmp_path / 'p'), dict(checkpoint='a'), False).append([{}])
    same = RowFile(str(tmp_path / 'p'), dict(checkpoint='a'), True)
    assert same.rows == [{}]
    with pytest.raises(UserError, match='--resume.*other images'):
        RowFile(str(tmp_path / 'p'), dict(checkpoint='b'), True)
    assert RowFile(str(tmp_path / 'p'), dict(checkpoint='b'), False).rows == []


def test_the_tool_takes_boxes(call, place, tmp_path):
    boxes = dict(
        images=[dict(id=9, file_name='0.jpg'), dict(id=4, file_name='1.png')],
        annotations=[
            dict(id=1, image_id=9, bbox=[1, 2, 20, 30]),
            dict(id=2, image_id=9, bbox=[5, 5, 30, 30])
        ])
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(boxes))
    args = [place / 'config.py', place / 'kg.pth', place / 'images',
            '--ann-file', path, '-o', tmp_path / 'out.json']
    code, err = call('annotate', *args)
    assert code == 2 and '1.png' in err and 'no person box' in err
    code, err = call('annotate', *args, '--whole-images')
    assert code == 0, err
    data = json.loads((tmp_path / 'out.json').read_text())
    assert [a['image_id'] for a in data['annotations']] == [9, 9, 4]
    assert data['annotations'][1]['bbox'] == [5, 5, 30, 30]
    assert len(data['info']['checkpoint']) == 12


def test_mmpose_inferencer_gives_the_same(labels, place):
    inferencer = MMPoseInferencer(
        pose2d=str(place / 'config.py'),
        pose2d_weights=str(place / 'kg.pth'),
        det_model='whole_image',
        device='cpu',
        show_progress=False)
    path = str(place / 'images' / '0.jpg')
    found, = next(inferencer(path))['predictions'][0]
    row = json.loads(labels.read_text())['annotations'][0]
    points = np.array(row['keypoints']).reshape(-1, 3)[:, :2]
    assert np.allclose(found['keypoints'], points, atol=1e-2)
    assert np.allclose(found['keypoint_scores'], row['keypoint_scores'],
                       atol=1e-3)


def test_public_name():
    from flexpose_mm import apis
    assert apis.annotate is annotate
