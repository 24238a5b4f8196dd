"""The data sets of the domain adaptation benchmarks, read as published.

Each reader gives records: image file, box and joints in MPII's order of 16
(bodies) or wrist and fingers from base to tip (hands). Splits and mappings
are those of Transfer-Learning-Library, which the published figures are of.
"""
import json
import os
import os.path as osp
import random
from typing import Iterator, List, NamedTuple, Sequence, Tuple

import cv2
import numpy as np
from PIL import Image

from ..errors import UserError
from ..io import atomic_write
from ..skeletons import Skeleton, get_skeleton
from ..visualization import save_image

#: SMPL-24 joints in MPII's order; 13 and 14 are collars, taken for shoulders.
SMPL_TO_MPII = (7, 4, 1, 2, 5, 8, 0, 9, 12, 15, 20, 18, 13, 14, 19, 21)
#: The same with SMPL's shoulder joints. Collars are kept for parity: which
#: of the two is 12 and which 13 follows the published order.
SMPL_SHOULDERS = SMPL_TO_MPII[:12] + (17, 16) + SMPL_TO_MPII[14:]
LSP_TO_MPII = (0, 1, 2, 3, 4, 5, -1, -1, 12, 13, 6, 7, 8, 9, 10, 11)
#: Slot 7 is the middle of the shoulders.
H36M_TO_MPII = (3, 2, 1, 4, 5, 6, 0, -1, 8, 10, 16, 15, 14, 11, 12, 13)
RHD_TO_HAND = (0, ) + tuple(
    4 * f + i for f in range(5) for i in (4, 3, 2, 1))
SPLIT_SEED, SPLIT_MOST, SPLIT_SHARE = 42, 3200, .2
H36M_SPLITS = dict(train=(1, 5, 6, 7, 8), test=(9, 11))


class Record(NamedTuple):
    """One person or hand.

    Attributes:
        image (str): File.
        box (tuple): x, y, width, height in pixels.
        points (np.ndarray): (K, 2) pixels of the image.
        visible (np.ndarray): (K,) bool.
        mirrored (bool): To be turned into a left hand.
    """
    image: str
    box: Tuple[float, float, float, float]
    points: np.ndarray
    visible: np.ndarray
    mirrored: bool = False


def _read_json(path: str):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except OSError:
        raise UserError(path, 'file', path,
                        'no such file; give the folder that the data set '
                        'was unpacked to') from None
    except ValueError as error:
        raise UserError(path, 'content', str(error),
                        'damaged; unpack it again') from None


def _joints(path: str, item: dict, key: str, count: int) -> np.ndarray:
    """(count, 2) float64 of an annotation."""
    points = np.asarray(item.get(key, ()), np.float64)
    if points.shape != (count, 2) or not np.isfinite(points).all():
        raise UserError(path, f'{key}.shape', points.shape,
                        f'item {item.get("name")!r} needs {count} finite '
                        'points')
    return points


def image_size(path: str) -> Tuple[int, int]:
    """Width and height, from the file's header.

    Raises:
        UserError: No image.
    """
    try:
        with Image.open(path) as image:
            return image.size
    except OSError as error:
        raise UserError(path, 'image', type(error).__name__,
                        'missing or damaged; unpack the data set again'
                        ) from None


def split_items(items: list, split: str) -> list:
    """The published split: shuffled with seed 42; the first 20 %, 3,200 at
    most, are for 'test' (and 'val'), the others for 'train'."""
    items = list(items)
    random.Random(SPLIT_SEED).shuffle(items)
    n = min(int(SPLIT_SHARE * len(items)), SPLIT_MOST)
    return items[n:] if split == 'train' else items[:n]


def square_crop(points: np.ndarray, size: Tuple[int, int]) -> tuple:
    """Square of 1.5 times the joints' box, moved inside the image.

    Args:
        points (np.ndarray): (K, 2) pixels.
        size (tuple): Width and height of the image.

    Returns:
        tuple: x, y, side, side.
    """
    low, high = points.min(0), points.max(0)
    side = min(round(1.5 * float((high - low).max())), min(size))
    corner = np.round((low + high) / 2 - side / 2)
    x, y = (min(max(float(c), 0.), s - side) for c, s in zip(corner, size))
    return x, y, side, side


def _pre_cropped(path: str, points: np.ndarray,
                 visible: np.ndarray) -> Record:
    """A record whose box is the whole image."""
    width, height = image_size(path)
    return Record(path, (0, 0, width, height), points, visible)


def read_surreal(root: str, split: str,
                 shoulders: str = 'collar') -> Iterator[Record]:
    """SURREAL, the pre-cropped mirror: <split>/run0..2 and run0..2.json.

    Args:
        root (str): Folder with train, val and test.
        split (str): 'train' or 'test' (its first 20 %).
        shoulders (str): 'collar' as published, or 'joint'.
    """
    items = []
    for run in range(3):
        path = osp.join(root, split, f'run{run}.json')
        items += [(path, f'run{run}', item) for item in _read_json(path)]
    mapping = dict(collar=SMPL_TO_MPII, joint=SMPL_SHOULDERS)[shoulders]
    for path, run, item in split_items(items, split):
        points = _joints(path, item, 'keypoint2d', 24)[list(mapping)]
        yield _pre_cropped(
            osp.join(root, split, run, item['name']), points,
            np.ones(16, bool))


def read_lsp(root: str, split: str = 'all') -> Iterator[Record]:
    """LSP: images/im0001.jpg ... and joints.mat, (3, 14, N), the third row 1
    where a joint is occluded. All images serve for training and test."""
    from scipy.io import loadmat
    path = osp.join(root, 'joints.mat')
    try:
        table = loadmat(path)['joints']
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(path, 'joints', type(error).__name__,
                        'missing or damaged; give the folder with '
                        'joints.mat and images/') from None
    if table.shape[:2] != (3, 14):
        raise UserError(path, 'joints.shape', table.shape,
                        'give LSP, (3, 14, N); LSP-extended has (14, 3, N)')
    for number, (x, y, hidden) in enumerate(table.transpose(2, 0, 1), 1):
        points, visible = np.zeros((16, 2)), np.zeros(16, bool)
        for slot, joint in enumerate(LSP_TO_MPII):
            if joint >= 0:
                points[slot] = x[joint], y[joint]
                visible[slot] = hidden[joint] == 0
        image = osp.join(root, 'images', f'im{number:04d}.jpg')
        yield _pre_cropped(image, points, visible)


def read_h3d(root: str, split: str) -> Iterator[Record]:
    """Hand-3D-Studio: H3D_crop/annotation.json; hands without objects."""
    path = osp.join(root, 'H3D_crop', 'annotation.json')
    items = [i for i in _read_json(path) if i.get('without_object') == 1]
    for item in split_items(items, split):
        points = _joints(path, item, 'keypoint2d', 21)
        yield _pre_cropped(
            osp.join(root, 'H3D_crop', item['name']), points,
            np.ones(21, bool))


def _rhd_overlap(box: tuple, other: np.ndarray) -> float:
    """Share of a box that the tight box of the other hand covers."""
    x, y, w, h = box
    low, high = other.min(0), other.max(0)
    wide = min(x + w, high[0]) - max(x, low[0])
    high_ = min(y + h, high[1]) - max(y, low[1])
    return max(wide, 0.) * max(high_, 0.) / (w * h)


def read_rhd(root: str, split: str) -> Iterator[Record]:
    """RHD: MMPose's annotations/rhd_<split>.json beside training and
    evaluation; the original annotation is a pickle, which is not read.

    A hand counts if its crop is wider than 64 px, more than 16 of its
    joints are visible, and the other hand covers less than 0.3 of it. Right
    hands are mirrored, so that all are left hands.
    """
    path = osp.join(root, 'annotations', f'rhd_{split}.json')
    data = _read_json(path)
    images = {image['id']: image for image in data['images']}
    hands: dict = {}
    for note in data['annotations']:
        table = np.asarray(note['keypoints'], np.float64).reshape(-1, 3)
        right = note.get('hand_type') == 'right'
        hands.setdefault(note['image_id'], []).append((table, right))
    for image_id, tables in hands.items():
        image = images[image_id]
        size = image['width'], image['height']
        for table, right in tables:
            box = square_crop(table[:, :2], size)
            others = [t[:, :2] for t, _ in tables if t is not table]
            if box[2] - 1 <= 64 or (table[:, 2] > 0).sum() <= 16 or any(
                    _rhd_overlap(box, o) >= .3 for o in others):
                continue
            table = table[list(RHD_TO_HAND)]
            yield Record(osp.join(root, image['file_name']), box,
                         table[:, :2], table[:, 2] > 0, right)


def read_h36m(root: str, split: str) -> Iterator[Record]:
    """Human3.6M: annotations/Human36M_subject<s>_{data,camera,joint_3d}.json
    and images; every fifth image, and of the test 3,200 draws."""
    found: List[Record] = []
    for subject in H36M_SPLITS[split]:
        stem = osp.join(root, 'annotations', f'Human36M_subject{subject}_')
        data, cameras, joints = (
            _read_json(f'{stem}{part}.json')
            for part in ('data', 'camera', 'joint_3d'))
        for image in data['images'][::5]:
            camera = cameras[str(image['cam_idx'])]
            world = np.asarray(joints[str(image['action_idx'])][str(
                image['subaction_idx'])][str(image['frame_idx'])], np.float64)
            points = _project(world, camera)[list(H36M_TO_MPII)]
            points[7] = points[12:14].mean(0)
            size = image['width'], image['height']
            found.append(
                Record(osp.join(root, 'images', image['file_name']),
                       square_crop(points, size), points, np.ones(16, bool)))
    if split == 'test' and found:
        found = random.Random(SPLIT_SEED).choices(found, k=SPLIT_MOST)
    yield from found


def _project(world: np.ndarray, camera: dict) -> np.ndarray:
    """Pixels (17, 2) of world joints (17, 3) in millimetres."""
    point = world @ np.asarray(camera['R']).T + np.asarray(camera['t'])
    return point[:, :2] / point[:, 2:] * np.asarray(camera['f']) + \
        np.asarray(camera['c'])


READERS = dict(
    surreal=(read_surreal, ('train', 'test'), 'mpii'),
    lsp=(read_lsp, ('all', ), 'mpii'),
    h36m=(read_h36m, ('train', 'test'), 'mpii'),
    rhd=(read_rhd, ('train', 'test'), 'freihand2d'),
    h3d=(read_h3d, ('train', 'test'), 'freihand2d'))


def _skeleton(metainfo: str) -> Skeleton:
    return get_skeleton(
        dict(from_file=f'configs/_base_/datasets/{metainfo}.py'))


def mirror(record: Record, path: str) -> Record:
    """Write the record's crop as in a mirror; the record of that image.

    Raises:
        UserError: The image cannot be read.
    """
    x, y, side = (int(v) for v in record.box[:3])
    image = cv2.imread(record.image)
    if image is None:
        raise UserError(record.image, 'image', None,
                        'missing or damaged; unpack the data set again')
    os.makedirs(osp.dirname(path), exist_ok=True)
    save_image(image[y:y + side, x:x + side][:, ::-1, ::-1], path)
    points = record.points - (x, y)
    points[:, 0] = side - 1 - points[:, 0]
    return Record(path, (0, 0, side, side), points, record.visible)


def write_records(path: str, records: Sequence[Record],
                  metainfo: str) -> int:
    """COCO-keypoint JSON with paths relative to its own folder.

    Crops of mirrored records are written to a folder beside it.

    Args:
        path (str): The .json file; whole or absent.
        records (Sequence[Record]): From a reader.
        metainfo (str): Name of MMPose's metainfo file of the joints.

    Returns:
        int: Number of annotations.

    Raises:
        UserError: No record.
    """
    skeleton, folder = _skeleton(metainfo), osp.dirname(osp.abspath(path))
    images, notes, numbers = [], [], {}
    for number, record in enumerate(records):
        if record.mirrored:
            record = mirror(record, f'{osp.splitext(osp.abspath(path))[0]}'
                            f'_mirrored/{number:06d}.png')
        if record.image not in numbers:
            width, height = image_size(record.image)
            numbers[record.image] = len(images)
            images.append(
                dict(id=len(images), width=width, height=height,
                     file_name=osp.relpath(record.image, folder)))
        flags = np.where(record.visible, 2, 0)
        table = np.concatenate([record.points, flags[:, None]], 1)
        table[~record.visible] = 0
        notes.append(
            dict(id=number, image_id=numbers[record.image], category_id=1,
                 iscrowd=0, bbox=[float(v) for v in record.box],
                 area=float(record.box[2] * record.box[3]),
                 num_keypoints=int(record.visible.sum()),
                 keypoints=table.round(3).ravel().tolist()))
    if not notes:
        raise UserError(path, 'records', 0, 'the data set holds none; check '
                        'its folder')
    category = dict(id=1, name='person', keypoints=list(skeleton.joints),
                    skeleton=[[a + 1, b + 1] for a, b in skeleton.limbs])
    with atomic_write(path, 'w') as file:
        json.dump(dict(images=images, annotations=notes,
                       categories=[category]), file)
    return len(notes)
