"""Unlabelled pairs of images, and the images' own datasets."""
import json

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmpose.registry import DATASETS, TRANSFORMS
from PIL import Image

import flexpose_mm  # noqa: F401
from flexpose_mm import UserError
from flexpose_mm.datasets.image_files import (image_fault, image_size,
                                              read_color)


def build(**kwargs):
    return DATASETS.build(tiny.pairs(**kwargs))


@pytest.fixture
def folder(tmp_path):
    """Five readable images of mixed sizes and channels in two folders."""
    rng = np.random.default_rng(0)

    def save(name, *shape):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = rng.integers(1, 255, shape, dtype=np.uint8)
        assert cv2.imwrite(str(path), image)
        return path

    save('a/1.jpg', 40, 30, 3)
    save('a/2.png', 24, 50, 4)
    save('a/3.png', 30, 30)
    save('b/1.jpg', 35, 35, 3)
    save('b/2.jpg', 20, 33)
    return tmp_path / 'images'


def people(folder, **kwargs):
    return dict(type='PersonImageDataset', img_dir=str(folder), **kwargs)


# -- pairs ----------------------------------------------------------------
def test_no_label_passes():
    item = build()[0]
    assert set(item) == {'inputs', 'condition', 'data_samples'}
    for key in ('inputs', 'condition'):
        assert item[key].shape == (3, 32, 32)
        assert item[key].dtype == torch.uint8
    fields = item['data_samples'].gt_instances.keys()
    assert 'keypoints' not in fields and 'bboxes' in fields
    info = build().get_data_info(0)
    assert not [k for k in info if 'keypoints_3d' in k or k == 'occluded']


def test_second_view_is_another_frame_of_the_same_person():
    dataset = build()
    assert [dataset.partner(i) for i in range(6)] == [1, 0, 3, 2, 5, 4]
    item = dataset[2]
    other = dataset[3]
    assert torch.equal(item['condition'], other['inputs'])
    assert not torch.equal(item['condition'], item['inputs'])


def test_video_frames_share_looks_and_move():
    video = build().dataset
    first, second = (video.get_data_info(i) for i in (0, 1))
    corner = np.s_[:4, :4]  # background: same place, same camera
    assert np.array_equal(first['img'][corner], second['img'][corner])
    assert not np.array_equal(first['keypoints'], second['keypoints'])
    again = video.get_data_info(0)['img']
    first['img'][:] = 0  # kept images are not handed out
    assert np.array_equal(again, video.get_data_info(0)['img'])
    assert video.videos.tolist() == [0, 0, 1, 1, 2, 2]


def test_still_image_is_warped():
    dataset = DATASETS.build(
        dict(
            type='UnpairedPoseImageDataset',
            dataset=dict(
                type='SyntheticPoseDataset', images=True, size=3,
                image_size=32),
            pipeline=tiny.crop(),
            condition_pipeline=[dict(type='ThinPlateWarp')]))
    np.random.seed(0)
    one, two = dataset[1], dataset[1]
    assert torch.equal(one['inputs'], two['inputs'])
    assert not torch.equal(one['condition'], two['condition'])
    np.random.seed(0)
    assert torch.equal(dataset[1]['condition'], one['condition'])


def test_frames_of_a_folder(folder):
    dataset = DATASETS.build(
        dict(
            type='UnpairedPoseImageDataset',
            dataset=people(folder),
            pairs='folder',
            pipeline=[dict(type='LoadImage'), *tiny.crop()]))
    assert {dataset.partner(0) for _ in range(20)} == {1, 2}
    assert {dataset.partner(4) for _ in range(5)} == {3}
    assert dataset[1]['inputs'].shape == (3, 32, 32)  # 4 channels
    assert dataset[2]['inputs'].shape == (3, 32, 32)  # grey


@pytest.mark.parametrize('kwargs, words', [
    (dict(pairs='twin'), "pairs='twin'"),
    (dict(window=0), 'window=0'),
    (dict(pairs='same'), 'ThinPlateWarp'),
    (dict(dataset=dict(type='SyntheticPoseDataset', size=2, images=True),
          pairs='video'), "use 'folder'"),
])
def test_refuses(kwargs, words):
    with pytest.raises(UserError, match=words):
        DATASETS.build({**tiny.pairs(), **kwargs})


# -- thin-plate warp ------------------------------------------------------
def test_warp_of_nothing_is_the_image():
    image = np.arange(12 * 10 * 3, dtype=np.uint8).reshape(12, 10, 3)
    still = TRANSFORMS.build(
        dict(type='ThinPlateWarp', warp=0, rotation=0, scale=0, shift=0))
    assert np.array_equal(still(dict(img=image.copy()))['img'], image)


def test_warp_moves_control_points_exactly():
    from flexpose_mm.datasets.transforms.thin_plate_warp import \
        thin_plate_operator
    operator = thin_plate_operator(4, 7, 7).reshape(7, 7, 16)
    # pixels 0, 2, 4, 6 of 7 lie on the 4 x 4 control points
    assert np.allclose(operator[::2, ::2].reshape(16, 16), np.eye(16),
                       atol=1e-5)
    assert np.allclose(operator.sum(-1), 1, atol=1e-4)  # a common shift


# -- folders and boxes ----------------------------------------------------
def test_folder_gives_whole_images(folder):
    dataset = DATASETS.build(people(folder))
    assert len(dataset) == 5
    info = dataset.get_data_info(1)
    assert info['img_path'].endswith('a/2.png')
    assert info['bbox'].tolist() == [[0, 0, 50, 24]]
    assert 'keypoints' not in info and info['flip_indices']


def write_boxes(folder, **change):
    notes = [dict(id=1, image_id=7, bbox=[2, 3, 10, 20], category_id=1)]
    data = dict(
        images=[dict(id=7, file_name='a/1.jpg', width=30, height=40)],
        annotations=notes)
    data.update(change)
    path = folder / 'boxes.json'
    path.write_text(json.dumps(data))
    return str(path)


def test_boxes_of_a_json(folder):
    dataset = DATASETS.build(people(folder, ann_file=write_boxes(folder)))
    assert len(dataset) == 1
    assert dataset.get_data_info(0)['bbox'].tolist() == [[2, 3, 12, 23]]
    assert dataset.get_data_info(0)['img_id'] == 7


def test_an_image_without_a_box(folder):
    path = write_boxes(folder, annotations=[])
    with pytest.raises(UserError, match='a/1.jpg.*no person box'):
        DATASETS.build(people(folder, ann_file=path))
    whole = DATASETS.build(people(folder, ann_file=path, boxes='whole'))
    assert whole.get_data_info(0)['bbox'].tolist() == [[0, 0, 30, 40]]


@pytest.mark.parametrize('box', [[1, 1, 0, 5], [1, 1], [1, 1, float('nan'),
                                                       2]])
def test_a_bad_box(folder, box):
    notes = [dict(id=1, image_id=7, bbox=box)]
    with pytest.raises(UserError, match='bbox of a/1.jpg'):
        DATASETS.build(
            people(folder, ann_file=write_boxes(folder, annotations=notes)))


def test_no_json(folder):
    (folder / 'no.json').write_text('{"images": [{}]}')
    with pytest.raises(UserError, match='no.json.*COCO JSON'):
        DATASETS.build(people(folder, ann_file=str(folder / 'no.json')))


@pytest.mark.parametrize('harm, words', [
    (lambda path: path.unlink(), 'no such file'),
    (lambda path: path.write_bytes(path.read_bytes()[:200]), 'truncated'),
    (lambda path: path.write_bytes(b''), 'empty file'),
    (lambda path: path.write_text('a photograph'), 'no JPEG'),
])
def test_damaged_images_are_found_before_they_are_read(folder, harm, words):
    path = folder / 'a' / '1.jpg'
    boxes = write_boxes(folder)
    assert image_fault(str(path)) == ''
    harm(path)
    assert words in image_fault(str(path))
    with pytest.raises(UserError, match='a/1.jpg.*' + words):
        DATASETS.build(people(folder, ann_file=boxes))


def test_an_image_damaged_inside(folder):
    path = folder / 'a' / '2.png'
    data = bytearray(path.read_bytes())
    data[8:30] = bytes(22)
    path.write_bytes(data)
    with pytest.raises(UserError, match='2.png.*cannot be decoded'):
        read_color(str(path), 'here')


def test_grey_and_transparent_images_become_bgr(folder):
    for name in ('a/1.jpg', 'a/2.png', 'a/3.png'):
        image = read_color(str(folder / name), 'here')
        assert image.ndim == 3 and image.shape[2] == 3


def test_size_is_that_of_the_turned_photograph(tmp_path):
    image = Image.new('RGB', (30, 20))
    exif = Image.Exif()
    exif[274] = 6  # a phone held upright
    path = str(tmp_path / 'turned.jpg')
    image.save(path, exif=exif)
    assert image_size(path, 'here') == (20, 30)
    assert read_color(path, 'here').shape == (30, 20, 3)


def test_nothing_in_the_folder(tmp_path):
    with pytest.raises(UserError, match='no image'):
        DATASETS.build(people(tmp_path))
    with pytest.raises(UserError, match='no such folder'):
        DATASETS.build(people(tmp_path / 'gone'))


def test_keypoints_with_images(folder):
    points = np.random.default_rng(0).uniform(0, 30, (2, 15, 2))
    np.savez(folder / 'j.npz', keypoints=points.astype(np.float32),
             image=np.array(['a/1.jpg', 'b/1.jpg']))
    cfg = dict(type='KeypointImageDataset', ann_file='j.npz', img_dir='',
               data_root=str(folder), indices=[1])
    info = DATASETS.build(cfg).get_data_info(0)
    assert info['img_path'].endswith('b/1.jpg')
    assert np.allclose(info['keypoints'][0], points[1], atol=1e-4)
    (folder / 'a/1.jpg').unlink()
    with pytest.raises(UserError, match='a/1.jpg.*no such file'):
        DATASETS.build(cfg)
