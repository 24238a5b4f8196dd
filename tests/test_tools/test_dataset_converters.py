"""Converters on generated folders of the official layouts, and real faces."""
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.io
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.datasets import collect_poses
from flexpose_mm.skeletons import get_mapping, get_skeleton, map_joints

HERE = Path(__file__).resolve().parents[2] / 'tools/dataset_converters'


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def picture(path, value=90, size=128):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size, size, 3), value, np.uint8))


@pytest.mark.parametrize('extended', [False, True])
def test_lsp(tmp_path, extended, capsys):
    rng = np.random.default_rng(0)
    points = rng.uniform(1, 100, (4, 14, 2))
    third = np.zeros((4, 14))
    third[1, 2] = 1  # occluded in LSP; the only one present in LSP-extended
    joints = np.concatenate([points, third[..., None]], -1)
    axes = (1, 2, 0) if extended else (2, 1, 0)
    scipy.io.savemat(tmp_path / 'joints.mat',
                     dict(joints=joints.transpose(axes)))
    for i in range(4):
        name = f'im{i + 1:0{5 if extended else 4}d}.jpg'
        picture(tmp_path / 'images' / name)
    out = tmp_path / 'lsp.npz'
    load('lsp').main([str(tmp_path), '-o', str(out)])
    assert '4 persons' in capsys.readouterr().out
    with np.load(out) as data:
        assert np.allclose(data['keypoints'], points - 1, atol=1e-4)
        assert data['visible'].sum() == (1 if extended else 56)
        assert data['split'].tolist() == (
            ['train'] * 4 if extended else ['train', 'train', 'test', 'test'])
    if not extended:
        dataset = DATASETS.build(
            dict(type='KeypointImageDataset', ann_file=str(out),
                 img_dir=str(tmp_path), mapping='lsp14',
                 visible_key='visible', split='test'))
        assert len(dataset) == 2
        assert dataset.get_data_info(0)['img_path'].endswith('im0003.jpg')


def test_lsp_refuses(tmp_path):
    lsp = load('lsp')
    with pytest.raises(UserError, match='joints.mat'):
        lsp.convert(str(tmp_path))
    scipy.io.savemat(tmp_path / 'joints.mat', dict(joints=np.ones((2, 2))))
    with pytest.raises(UserError, match=r'joints.shape=\(2, 2\)'):
        lsp.convert(str(tmp_path))
    scipy.io.savemat(tmp_path / 'joints.mat',
                     dict(joints=np.ones((3, 14, 1))))
    with pytest.raises(UserError, match='im0001.jpg.*no such file'):
        lsp.convert(str(tmp_path))


@pytest.fixture
def human_images(tmp_path):
    """Two subjects, one wanted and one other activity, four frames."""
    root, rng = tmp_path / 'human_images', np.random.default_rng(0)
    points = {}
    for subject in ('S1', 'S11'):
        for name in ('Walking 1.54138969', 'Eating.54138969'):
            for i in range(4):
                tail = f'{name}/{i:04d}'
                picture(root / subject / 'WithBackground' / f'{tail}.jpg')
                mask = root / subject / 'BackgroudMask' / f'{tail}.png'
                mask.parent.mkdir(parents=True, exist_ok=True)
                half = np.zeros((128, 128), np.uint8)
                half[:, :64] = 1
                cv2.imwrite(str(mask), half)
                place = root / subject / 'Landmarks' / f'{tail}.mat'
                place.parent.mkdir(parents=True, exist_ok=True)
                points[subject, i] = rng.uniform(.1, .9, (32, 2))
                scipy.io.savemat(place,
                                 dict(keypoints_2d=points[subject, i]))
    return root


def test_simplified_h36m(human_images, tmp_path):
    out, masked = tmp_path / 'sh36m.npz', tmp_path / 'masked'
    load('simplified_h36m').main(
        [str(human_images), '-o', str(out), '--masked', str(masked)])
    with np.load(out) as data:
        assert data['image'].shape == (8, )  # eating is not one of the six
        assert data['half'].tolist() == [0, 0, 1, 1] * 2
        assert set(data['action']) == {'walking'}
        assert data['subject'].tolist() == ['S1'] * 4 + ['S11'] * 4
        path = human_images / 'S1/Landmarks/Walking 1.54138969/0001.mat'
        row, column = scipy.io.loadmat(path)['keypoints_2d'][5]
        # the centre of the first pixel is 0, its edge -0.5
        assert np.allclose(data['keypoints'][1, 5],
                           [column * 128 - .5, row * 128 - .5], atol=1e-4)
        image = cv2.imread(str(masked / data['image'][0]))
    assert image[:, :64].min() > 80 and image[:, 64:].max() == 0
    dataset = DATASETS.build(
        dict(type='KeypointImageDataset', ann_file=str(out),
             img_dir=str(masked), mapping='h36m32',
             select=dict(subject=['S11'], half=[0])))
    assert len(dataset) == 2 and dataset.skeleton.name == 'body15'


def test_simplified_h36m_refuses(human_images):
    tool = load('simplified_h36m')
    with pytest.raises(UserError, match='WithBackground'):
        tool.convert(str(human_images / 'S1'))
    mat = human_images / 'S1/Landmarks/Walking 1.54138969/0002.mat'
    mat.write_bytes(b'no')
    with pytest.raises(UserError, match='0002.mat.*restore'):
        tool.convert(str(human_images))


def test_h36m32_is_the_skeleton_that_keypointgan_draws():
    """Fact sheet, section 10: the drawn joints without the toes."""
    drawn = {1, 2, 3, 6, 7, 8, 11, 13, 15, 17, 18, 19, 25, 26, 27}
    pairs = dict(get_mapping('h36m32').pairs)
    assert set(pairs) == drawn
    names = get_skeleton('body15').joints
    assert names[pairs[19]] == 'left_wrist'
    assert names[pairs[3]] == 'right_ankle'


# -- real samples ---------------------------------------------------------
def test_wflw_has_the_shared_68_points(shared_data):
    folder = shared_data / 'mmpose_samples/wflw'
    dataset = DATASETS.build(
        dict(type='WFLWDataset', ann_file=str(folder / 'test_wflw.json'),
             data_prefix=dict(img=str(folder) + '/')))
    poses, visible, _ = collect_poses(dataset, 'wflw98')
    assert poses.shape == (len(dataset), 68, 2) and visible.all()
    raw, _, _ = collect_poses(dataset)
    eye = poses[:, 36:42].mean(1)  # the pupil lies within the eye
    width = np.linalg.norm(poses[:, 36] - poses[:, 39], axis=1)
    assert (np.linalg.norm(eye - raw[:, 96], axis=1) < .4 * width).all()
    assert (poses[:, 8, 1] >= poses[:, :17, 1].max(1) - .25 * width).all()


def test_wflw_mapping_keeps_the_mirror():
    """Exchanged points of 98 become exchanged points of 68."""
    points = np.arange(98.)[None, :, None].repeat(2, -1)
    index = map_joints(points, None, 'wflw98')[0][0, :, 0].astype(int)
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    wflw = parse_pose_metainfo(
        dict(from_file='configs/_base_/datasets/wflw.py'))
    flip98 = np.array(wflw['flip_indices'])
    flip68 = np.array(get_skeleton('face68').flip_indices)
    brows = [*range(17, 27)]  # WFLW's brows are outlines: 37 has no partner
    rest = [j for j in range(68) if j not in brows]
    assert (flip98[index][rest] == index[flip68][rest]).all()


def test_300vw_has_the_68_points(shared_data):
    folder = shared_data / 'mmpose_samples/300vw'
    dataset = DATASETS.build(
        dict(type='Face300VWDataset',
             ann_file=str(folder / 'anno_300vw.json'),
             data_prefix=dict(img=str(folder) + '/')))
    poses, _, _ = collect_poses(dataset)
    assert poses.shape[1:] == (68, 2) and len(poses) == len(dataset)
    assert get_skeleton('face68').num_joints == 68
