"""Keypoint labels for a folder of images, written so that nothing is lost."""
import hashlib
import json
import os
import os.path as osp
from typing import Iterator, List, Optional, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS, TRANSFORMS
from torch import nn
from tqdm import tqdm

from .datasets import normalize_poses
from .datasets.datasets.person_image import PersonImageDataset
from .datasets.image_files import image_size, read_color
from .errors import UserError
from .io import atomic_write, check_output, coco_category
from .loading import init_model, read_model_config
from .rendering import draw_skeleton
from .skeletons import Skeleton
from .visualization import image_grid, save_image


def init_detector(config: Union[str, Config],
                  checkpoint: Optional[str] = None,
                  device: str = 'cpu',
                  cfg_options: Optional[dict] = None) -> nn.Module:
    """Build a top-down estimator for use, with its weights checked.

    Args:
        config (str | Config): Of ``KeypointGAN`` or another top-down model
            with a ``test_dataloader``.
        checkpoint (str, optional): A checkpoint of tools/train.py.
        device (str): Such as ``'cuda:0'``.
        cfg_options (dict, optional): Changes, as ``--cfg-options``.

    Returns:
        nn.Module: In evaluation mode; ``.cfg`` is the config.

    Raises:
        UserError: The config or the checkpoint cannot be used.
    """
    cfg = read_model_config(
        config, cfg_options,
        'give the config of a detector that can be tested',
        ('model', 'test_dataloader'))
    return init_model(cfg, checkpoint, device, 'predict',
                      'it detects nothing; give a top-down estimator')


def crop_transforms(model: nn.Module) -> list:
    """The config's test transforms, with an image loader before them."""
    node = model.cfg.test_dataloader.dataset
    steps = node.get('pipeline') or []
    if not any(step['type'] == 'LoadImage' for step in steps):
        steps = [dict(type='LoadImage'), *steps]
    return [TRANSFORMS.build(step) for step in steps]


class RowFile:
    """Lines of JSON with checksums, appended; a torn end is dropped.

    Args:
        path (str): The file.
        identity (dict): What the rows depend on; a file of another identity
            is not continued.
        resume (bool): Go on with an existing file; else start anew.

    Raises:
        UserError: The file is of another run.
    """

    def __init__(self, path: str, identity: dict, resume: bool):
        self.path, self.rows = path, []
        head = self._line(identity)
        if resume and osp.exists(path):
            self._continue(head, identity)
        else:
            with open(path, 'wb') as file:
                file.write(head)

    @staticmethod
    def _line(value: dict) -> bytes:
        text = json.dumps(value, sort_keys=True)
        code = hashlib.sha1(text.encode()).hexdigest()[:8]
        return f'{code} {text}\n'.encode()

    def _continue(self, head: bytes, identity: dict) -> None:
        with open(self.path, 'rb') as file:
            lines = file.read().splitlines(keepends=True)
        if not lines or lines[0] != head:
            raise UserError(
                self.path, '--resume', identity,
                'it was begun with other images, config or checkpoint; use '
                'the same ones, or leave out --resume to start anew')
        length = len(head)
        for line in lines[1:]:
            text = line[9:-1].decode(errors='replace')
            if not line.endswith(b'\n') or \
                    hashlib.sha1(text.encode()).hexdigest()[:8] != \
                    line[:8].decode(errors='replace'):
                break
            self.rows.append(json.loads(text))
            length += len(line)
        with open(self.path, 'r+b') as file:
            file.truncate(length)

    def append(self, rows: List[dict]) -> None:
        """Add rows and see them on the disk."""
        lines = [self._line(row) for row in rows]
        with open(self.path, 'ab') as file:
            file.write(b''.join(lines))
            file.flush()
            os.fsync(file.fileno())
        # as a resumed run reads them
        self.rows += [json.loads(line[9:]) for line in lines]


def predict_rows(model: nn.Module, dataset, done: int,
                 batch_size: int) -> Iterator[List[dict]]:
    """Annotations of the items from ``done`` on, batch by batch."""
    pipeline = crop_transforms(model)
    for first in range(done, len(dataset), batch_size):
        items = []
        for i in range(first, min(first + batch_size, len(dataset))):
            info = dataset.get_data_info(i)
            # grey and transparent images become BGR, damaged ones a sentence
            info['img'] = read_color(info['img_path'], 'annotate')
            for step in pipeline:
                info = step(info)
            items.append(info)
        with torch.no_grad():
            samples = model.test_step(pseudo_collate(items))
        yield [
            annotation_row(dataset.get_data_info(first + j), sample)
            for j, sample in enumerate(samples)
        ]


def annotation_row(info: dict, sample) -> dict:
    """COCO annotation of one prediction; coordinates in image pixels."""
    points = np.asarray(sample.pred_instances.keypoints[0], np.float64)
    scores = np.asarray(sample.pred_instances.keypoint_scores[0], np.float64)
    x1, y1, x2, y2 = np.asarray(info['bbox'][0], np.float64)
    flat = np.concatenate(
        [points[:, :2], np.full_like(points[:, :1], 2)], axis=1)
    return dict(
        id=int(info['id']),
        image_id=info['img_id'],
        category_id=1,
        keypoints=[round(v, 3) for v in flat.ravel().tolist()],
        keypoint_scores=[round(v, 4) for v in scores.tolist()],
        score=round(float(scores.mean()), 4),
        num_keypoints=len(points),
        bbox=[round(v, 3) for v in (x1, y1, x2 - x1, y2 - y1)],
        area=round((x2 - x1) * (y2 - y1), 3),
        iscrowd=0)


def coco_document(dataset, rows: List[dict], skeleton: Skeleton,
                  info: dict) -> dict:
    """COCO-keypoint JSON of all rows, with the size of each image."""
    images = {}
    for i in range(len(dataset)):
        item = dataset.get_data_info(i)
        if item['img_id'] not in images:
            path = item['img_path']
            width, height = image_size(path, 'annotate')
            images[item['img_id']] = dict(
                id=item['img_id'],
                file_name=osp.relpath(path, dataset.img_dir),
                width=width,
                height=height)
    return dict(
        info=info,
        licenses=[],
        categories=[coco_category(skeleton)],
        images=list(images.values()),
        annotations=rows)


def overlay(image: np.ndarray, points: np.ndarray, skeleton: Skeleton,
            size: int = 192) -> np.ndarray:
    """The person's crop with its skeleton drawn over it.

    Args:
        image (np.ndarray): (H, W, 3) uint8 BGR.
        points (np.ndarray): (K, 2) image pixels.
        skeleton (Skeleton): Joint set.
        size (int): Side of the result.

    Returns:
        np.ndarray: (size, size, 3) uint8 RGB.
    """
    import cv2
    canvas, center, half = normalize_poses(points[None], padding=1.4)
    factor = size / (2 * half[0])
    shift = size / 2 - 0.5 - center[0] * factor
    matrix = np.array([[factor, 0, shift[0]], [0, factor, shift[1]]])
    crop = cv2.warpAffine(image, matrix, (size, size))[..., ::-1]
    drawn = draw_skeleton(canvas[0], None, skeleton, size, line_width=4.)
    return np.where(drawn.max(-1, keepdims=True) > 96, drawn, crop)


def contact_sheet(dataset, rows: List[dict], skeleton: Skeleton,
                  most: int = 48) -> np.ndarray:
    """Evenly spaced persons, most confident first, as one RGB picture."""
    chosen = np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)
    order = sorted(chosen, key=lambda i: -rows[i]['score'])
    tiles = []
    for i in order:
        points = np.array(rows[i]['keypoints']).reshape(-1, 3)[:, :2]
        image = read_color(dataset.get_data_info(i)['img_path'], 'annotate')
        if np.ptp(points, 0).min() > 0:
            tiles.append(overlay(image, points, skeleton))
    if not tiles:
        raise UserError('annotate', 'keypoints', 'all in one place',
                        'the detector is untrained; give a checkpoint')
    return image_grid(np.stack(tiles).transpose(0, 3, 1, 2), ncol=8)


def annotate(model: Union[nn.Module, str, Config],
             images: Union[str, PersonImageDataset],
             out: str,
             checkpoint: Optional[str] = None,
             batch_size: int = 32,
             resume: bool = False,
             sheet: Optional[str] = None,
             info: Optional[dict] = None) -> dict:
    """Label images and write COCO-keypoint JSON.

    Rows are kept in ``<out>.part`` as they are made; a killed run goes on
    with ``resume`` and ends with the same file. ``keypoint_scores`` are the
    detector's confidences in (0, 1], ``score`` their mean.

    Args:
        model (nn.Module | str | Config): From :func:`init_detector`, or its
            config.
        images (str | PersonImageDataset): A folder, taken as one person for
            each image, or persons with boxes.
        out (str): The ``.json`` file.
        checkpoint (str, optional): With a config: its weights.
        batch_size (int): Persons at a time.
        resume (bool): Go on with a killed run.
        sheet (str, optional): Picture of some labels on their images;
            default ``<out>`` with ``_sheet.jpg``.
        info (dict, optional): Further plain values for the JSON's ``info``;
            a run with other ones is not continued.

    Returns:
        dict: What was written.

    Raises:
        UserError: Images, config, checkpoint or output cannot be used.

    Example:
        >>> annotate('config.py', 'photos/', 'photos.json', 'iter_5000.pth')
    """
    check_output(out, ('.json', ), 'annotate')
    if batch_size < 1:
        raise UserError('annotate', 'batch_size', batch_size,
                        'give a whole number of at least 1')
    if not isinstance(model, nn.Module):
        model = init_detector(model, checkpoint)
    skeleton = detector_skeleton(model)
    if isinstance(images, str):
        images = PersonImageDataset(images, skeleton=skeleton)
    identity = dict(info or {}, skeleton=skeleton.name,
                    images=describe_images(images))
    part = RowFile(out + '.part', identity, resume)
    with tqdm(total=len(images), initial=len(part.rows), unit='person') as bar:
        for rows in predict_rows(model, images, len(part.rows), batch_size):
            part.append(rows)
            bar.update(len(rows))
    document = coco_document(images, part.rows, skeleton, identity)
    sheet = sheet or osp.splitext(out)[0] + '_sheet.jpg'
    save_image(contact_sheet(images, part.rows, skeleton), sheet)
    with atomic_write(out, 'w') as file:
        json.dump(document, file)
    os.remove(part.path)
    return document


def detector_skeleton(model: nn.Module) -> Skeleton:
    """The joint set that a detector gives."""
    if hasattr(model, 'alpha'):
        return model.alpha.skeleton
    node = model.cfg.test_dataloader.dataset
    meta = node.get('metainfo') or getattr(
        DATASETS.get(node.type), 'METAINFO', None)
    if not meta:
        raise UserError('annotate', 'test_dataloader.dataset.metainfo', None,
                        'name the joints: metainfo=dict(from_file=...)')
    return Skeleton.from_metainfo(meta)


def describe_images(dataset) -> str:
    """12 hex digits that differ when the persons or their order do."""
    digest = hashlib.sha1()
    for i in range(len(dataset)):
        item = dataset.get_data_info(i)
        digest.update(repr((osp.relpath(item['img_path'], dataset.img_dir),
                            item['img_id'],
                            item['bbox'].tolist())).encode())
    return digest.hexdigest()[:12]
