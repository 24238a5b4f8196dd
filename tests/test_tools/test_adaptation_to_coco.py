"""Converters, on generated folders of the published layouts."""
import importlib.util
import json
import random

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from scipy.io import savemat

from flexpose_mm import cli
from flexpose_mm.datasets.adaptation_sets import (LSP_TO_MPII, RHD_TO_HAND,
                                                  SMPL_TO_MPII, square_crop)

RNG = np.random.default_rng(0)


@pytest.fixture
def convert(repo, tmp_path, capsys):
    """Run the tool: (exit code, stderr, folder)."""
    path = repo / 'tools/dataset_converters/adaptation_to_coco.py'
    spec = importlib.util.spec_from_file_location('to_coco', path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def run(name, root, *args):
        args = [name, str(root), '-o', str(tmp_path / 'out'), *args]
        code = cli.run(lambda: tool.main(args))
        return code, capsys.readouterr().err, tmp_path / 'out'

    return run


def load(folder, name, metainfo):
    """The file as MMPose reads it; infos of all items."""
    init_default_scope('mmpose')
    data = DATASETS.build(
        dict(type='CocoDataset', data_root=str(folder), ann_file=name,
             metainfo=dict(from_file=f'configs/_base_/datasets/{metainfo}.py'),
             pipeline=[dict(type='LoadImage')]))
    assert data[0]['img'].ndim == 3  # paths are right
    return [data.get_data_info(i) for i in range(len(data))]


def picture(path, width=60, height=60):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((height, width, 3), np.uint8))


def test_surreal(tmp_path, convert):
    points = RNG.uniform(1, 59, (10, 24, 2)).round(2)
    for split in ('train', 'test'):
        rows = [[], [], []]
        for i, p in enumerate(points):
            picture(tmp_path / f'{split}/run{i % 3}/{i}.jpg')
            rows[i % 3].append(dict(name=f'{i}.jpg', keypoint2d=p.tolist()))
        for run, items in enumerate(rows):
            (tmp_path / split / f'run{run}.json').write_text(
                json.dumps(items))
    code, err, out = convert('surreal', tmp_path)
    assert code == 0, err
    train = load(out, 'surreal_train.json', 'mpii')
    test = load(out, 'surreal_test.json', 'mpii')
    assert (len(train), len(test)) == (8, 2)
    order = [i for run in range(3) for i in range(10) if i % 3 == run]
    random.Random(42).shuffle(order)
    assert np.allclose(test[1]['keypoints'][0],
                       points[order[1]][list(SMPL_TO_MPII)])
    assert np.allclose(train[0]['keypoints'][0],
                       points[order[2]][list(SMPL_TO_MPII)])
    assert train[0]['keypoints_visible'].all()
    assert train[0]['bbox'].tolist() == [[0, 0, 59, 59]]  # last pixels
    code, _, out = convert('surreal', tmp_path, '--shoulders', 'joint')
    joint = load(out, 'surreal_test.json', 'mpii')[1]['keypoints'][0]
    assert np.allclose(joint[12:14], points[order[1]][[17, 16]])


def test_lsp(tmp_path, convert):
    table = RNG.uniform(1, 39, (3, 14, 4))
    table[2] = RNG.integers(0, 2, (14, 4))
    savemat(tmp_path / 'joints.mat', dict(joints=table))
    for i in range(4):
        picture(tmp_path / f'images/im{i + 1:04d}.jpg', 50, 40)
    code, err, out = convert('lsp', tmp_path)
    assert code == 0, err
    items = load(out, 'lsp.json', 'mpii')
    for i, item in enumerate(items):
        for slot, joint in enumerate(LSP_TO_MPII):
            seen = joint >= 0 and table[2, joint, i] == 0
            assert item['keypoints_visible'][0, slot] == seen
            if seen:
                assert np.allclose(item['keypoints'][0, slot],
                                   table[:2, joint, i], atol=1e-3)
    savemat(tmp_path / 'joints.mat',
            dict(joints=table.transpose(1, 0, 2)))
    code, err, _ = convert('lsp', tmp_path)
    assert code == 2 and 'LSP-extended' in err


def test_h3d(tmp_path, convert):
    items = []
    for i in range(10):
        picture(tmp_path / f'H3D_crop/part1/{i}.jpg')
        items.append(
            dict(name=f'part1/{i}.jpg', without_object=int(i < 5),
                 keypoint2d=RNG.uniform(1, 59, (21, 2)).tolist()))
    (tmp_path / 'H3D_crop/annotation.json').write_text(json.dumps(items))
    code, err, out = convert('h3d', tmp_path)
    assert code == 0, err
    train = load(out, 'h3d_train.json', 'freihand2d')
    test = load(out, 'h3d_test.json', 'freihand2d')
    assert (len(train), len(test)) == (4, 1)
    order = list(range(5))
    random.Random(42).shuffle(order)
    assert np.allclose(test[0]['keypoints'][0],
                       items[order[0]]['keypoint2d'], atol=1e-3)


def hand(x, y, side, hidden=0):
    points = RNG.uniform(0, side, (21, 2)) + (x, y)
    points[:2] = (x, y), (x + side, y + side)
    flags = np.ones(21)
    flags[:hidden] = 0
    return np.c_[points, flags]


def test_rhd(tmp_path, convert):
    picture(tmp_path / 'training/color/1.png', 320, 320)
    hands = [hand(20, 30, 90), hand(200, 200, 20), hand(200, 30, 90, 5),
             hand(30, 200, 80)]
    data = dict(
        images=[dict(id=1, file_name='training/color/1.png', width=320,
                     height=320)],
        annotations=[dict(image_id=1, keypoints=h.tolist(), hand_type=side)
                     for h, side in zip(hands, ['left'] * 3 + ['right'])])
    (tmp_path / 'annotations').mkdir()
    for split in ('train', 'test'):
        (tmp_path / f'annotations/rhd_{split}.json').write_text(
            json.dumps(data))
    code, err, out = convert('rhd', tmp_path)
    assert code == 0, err
    items = load(out, 'rhd_train.json', 'freihand2d')
    assert len(items) == 2  # one is too small, one hides too much
    assert np.allclose(items[0]['keypoints'][0],
                       hands[0][list(RHD_TO_HAND), :2], atol=1e-3)
    assert items[0]['bbox'][0, 2] - items[0]['bbox'][0, 0] == 135
    mirrored = hands[3][list(RHD_TO_HAND), :2] - (10, 180)  # crop of 120
    mirrored[:, 0] = 119 - mirrored[:, 0]
    assert np.allclose(items[1]['keypoints'][0], mirrored, atol=1e-3)
    assert cv2.imread(items[1]['img_path']).shape == (120, 120, 3)
    assert RHD_TO_HAND[:6] == (0, 4, 3, 2, 1, 8)


def test_h36m(tmp_path, convert):
    camera = dict(R=np.eye(3).tolist(), t=[0, 0, 1000.], f=[100., 100.],
                  c=[50., 60.])
    world = RNG.uniform(-100, 100, (17, 3))
    (tmp_path / 'annotations').mkdir()
    picture(tmp_path / 'images/a/0.jpg', 100, 120)
    for subject in (1, 5, 6, 7, 8, 9, 11):
        image = dict(file_name='a/0.jpg', width=100, height=120, cam_idx=1,
                     action_idx=2, subaction_idx=1, frame_idx=0)
        stem = f'annotations/Human36M_subject{subject}_'
        for part, value in (('data', dict(images=[image] * 6)),
                            ('camera', {'1': camera}),
                            ('joint_3d', {'2': {'1': {'0': world.tolist()}}})):
            (tmp_path / f'{stem}{part}.json').write_text(json.dumps(value))
    code, err, out = convert('h36m', tmp_path)
    assert code == 0, err
    items = load(out, 'h36m_train.json', 'mpii')
    assert len(items) == 10
    pixels = world[:, :2] / (world[:, 2:] + 1000) * 100 + (50, 60)
    found = items[0]['keypoints'][0]
    assert np.allclose(found[0], pixels[3], atol=1e-3)
    assert np.allclose(found[7], pixels[[14, 11]].mean(0), atol=1e-3)
    assert len(load(out, 'h36m_test.json', 'mpii')) == 3200


def test_crops_stay_inside():
    for _ in range(50):
        points = RNG.uniform(0, 99, (5, 2))
        x, y, side, _ = square_crop(points, (100, 120))
        assert 0 <= x <= 100 - side and 0 <= y <= 120 - side


@pytest.mark.parametrize('name', ['surreal', 'lsp', 'h3d', 'rhd', 'h36m'])
def test_missing_folders_and_files(name, tmp_path, convert):
    code, err, _ = convert(name, tmp_path / 'gone')
    assert code == 2 and 'no such folder' in err
    code, err, out = convert(name, tmp_path)
    assert code == 2 and 'error:' in err and 'folder' in err
    assert not list(out.glob('*.json'))
