"""What a keypoint detector is judged by: errors, confidence, labels."""
import contextlib
import io
import json
import os
import os.path as osp
from typing import Dict, List, Optional, Sequence, Tuple

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.runner import Runner
from mmpose.registry import DATASETS
from torch import nn
from tqdm import tqdm

from .evaluation.functional.confidence import error_by_confidence
from .io import coco_category, write_atomically
from .rendering import draw_skeleton
from .skeletons import Skeleton

#: Errors are told in pixels of a crop of this side, as in the papers.
CROP = 128


def gap_share(direct: float, adapted: float, aligned: float) -> float:
    """Percent of the gap in error between two banks that a third closes.

    Args:
        direct (float): Error with the source's poses.
        adapted (float): Error with the adapted poses.
        aligned (float): Error with the target's own poses.

    Returns:
        float: 0 is as bad as direct, 100 as good as aligned; below 0 and
        above 100 are possible. NaN without a gap to close.
    """
    if not direct > aligned:
        return float('nan')
    return 100 * (direct - adapted) / (direct - aligned)


# -- predictions -------------------------------------------------------------


def test_detector(model: nn.Module,
                  cfg: Config) -> Tuple[Dict[str, float], dict]:
    """Metrics and predictions of the config's test set.

    Args:
        model (nn.Module): From :func:`flexpose_mm.apis.init_detector`.
        cfg (Config): With ``test_dataloader`` and ``test_evaluator``.

    Returns:
        tuple: metrics; arrays, rows in the order of the set: ``pred`` and
        ``truth`` (N, K, 2) image pixels, ``visible`` (N, K) bool, ``score``
        (N, K), ``center`` and ``scale`` (N, 2) of the crops, image pixels.
    """
    loader = Runner.build_dataloader(cfg.test_dataloader)
    samples = []
    with torch.no_grad():
        for batch in tqdm(loader, unit='batch'):
            samples += model.test_step(batch)
    evaluator = Evaluator(cfg.test_evaluator)
    evaluator.dataset_meta = loader.dataset.metainfo
    return evaluator.offline_evaluate(samples), sample_arrays(samples)


def sample_arrays(samples: Sequence) -> Dict[str, np.ndarray]:
    """Data samples as arrays, see :func:`test_detector`."""

    def stack(read):
        return np.stack([np.asarray(read(s)) for s in samples])

    seen = stack(lambda s: s.gt_instances.keypoints_visible[0])
    return dict(
        pred=stack(lambda s: s.pred_instances.keypoints[0, :, :2]),
        truth=stack(lambda s: s.gt_instances.keypoints[0, :, :2]),
        visible=(seen[..., 0] if seen.ndim == 3 else seen) > 0,
        score=stack(lambda s: s.pred_instances.keypoint_scores[0]),
        center=stack(lambda s: s.metainfo['input_center']),
        scale=stack(lambda s: s.metainfo['input_scale']))


def joint_errors(arrays: dict) -> Tuple[np.ndarray, np.ndarray]:
    """Score and error, in pixels of a crop of ``CROP``, of each joint with a
    label: (n,) twice."""
    distance = np.linalg.norm(arrays['pred'] - arrays['truth'], axis=-1)
    distance *= CROP / arrays['scale'].max(1, keepdims=True)
    return arrays['score'][arrays['visible']], distance[arrays['visible']]


def mean_pose_error(arrays: dict) -> float:
    """Error, in pixels of a crop of ``CROP``, of one pose for all persons:
    the mean of their own labels in the crop."""
    scale = arrays['scale'].max(1)[:, None, None] / CROP
    truth = (arrays['truth'] - arrays['center'][:, None]) / scale
    truth = np.where(arrays['visible'][..., None], truth, np.nan)
    distance = np.linalg.norm(truth - np.nanmean(truth, 0), axis=-1)
    return float(np.nanmean(distance))


def person_errors(arrays: dict) -> Tuple[np.ndarray, np.ndarray]:
    """Score (mean over the joints) and mean error of the labelled joints of
    each person that has one, units as :func:`joint_errors`: (n,) twice."""
    error = np.full(arrays['visible'].shape, np.nan)
    error[arrays['visible']] = joint_errors(arrays)[1]
    known = arrays['visible'].any(1)
    return arrays['score'][known].mean(1), np.nanmean(error[known], 1)


def confidence_deciles(score: np.ndarray, error: np.ndarray) -> np.ndarray:
    """(10, 2): mean score and mean error of joints or persons in tenths of
    equal numbers, the least confident first."""
    rows = error_by_confidence(score, error, bins=10)
    return np.array([row[:2] for row in rows])


def on_crop(image: np.ndarray, points: np.ndarray,
            visible: Optional[np.ndarray], center: np.ndarray,
            scale: np.ndarray, skeleton: Skeleton,
            size: int = 160) -> np.ndarray:
    """A skeleton over the crop that the detector was shown.

    Args:
        image (np.ndarray): (S, S, 3) uint8 RGB, the crop.
        points (np.ndarray): (K, 2) pixels of the whole image.
        visible (np.ndarray, optional): (K,); joints that are drawn.
        center, scale (np.ndarray): (2,) middle and sides of the crop in the
            whole image.
        skeleton (Skeleton): Joint set.
        size (int): Side of the result.

    Returns:
        np.ndarray: (3, size, size) uint8 RGB.
    """
    canvas = 2 * (points - center) / scale + 1 / len(image)
    lines = draw_skeleton(canvas.astype(np.float32), visible, skeleton, size,
                          line_width=size / 40)
    large = cv2.resize(np.ascontiguousarray(image), (size, size),
                       interpolation=cv2.INTER_CUBIC)
    return np.where(lines.max(-1, keepdims=True) > 96, lines,
                    large).transpose(2, 0, 1)


# -- labels ------------------------------------------------------------------


def coco_truth(dataset, folder: str) -> Tuple[str, str, str]:
    """A labelled image set as files, for tools that read files.

    Args:
        dataset: Items with ``img`` (BGR; written to ``folder``/images) or
            ``img_path``, with one person each.
        folder (str): Gets ``boxes.json``, which has no labels, and
            ``truth.json``.

    Returns:
        tuple: folder of the images, path of the boxes, path of the truth.
    """
    place, images, notes = osp.join(folder, 'images'), [], []
    os.makedirs(place, exist_ok=True)
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        if 'img' in info:
            path = osp.join(place, f'{i + 1:05d}.png')
            write_atomically(path,
                             cv2.imencode('.png', info['img'])[1].tobytes())
            height, width = info['img'].shape[:2]
        else:
            path = info['img_path']
            place = osp.dirname(path)
            height, width = cv2.imread(path).shape[:2]
        images.append(
            dict(id=i + 1, file_name=osp.basename(path), width=width,
                 height=height))
        notes.append(truth_row(i + 1, info))
    boxes = [{k: note[k] for k in ('id', 'image_id', 'category_id', 'bbox')}
             for note in notes]
    paths = []
    for name, rows in (('boxes', boxes), ('truth', notes)):
        paths.append(osp.join(folder, f'{name}.json'))
        document = dict(images=images, annotations=rows,
                        categories=[coco_category(dataset.skeleton)])
        write_atomically(paths[-1], json.dumps(document).encode())
    return place, *paths


def truth_row(number: int, info: dict) -> dict:
    """COCO annotation of a labelled item, whose area is that of its box."""
    points = np.asarray(info['keypoints'][0], np.float64)[:, :2]
    seen = np.asarray(info['keypoints_visible'][0]) > 0
    x1, y1, x2, y2 = np.asarray(info['bbox'][0], np.float64).tolist()
    table = np.concatenate([points, 2 * seen[:, None]], 1) * seen[:, None]
    return dict(
        id=number,
        image_id=number,
        category_id=1,
        keypoints=table.ravel().tolist(),
        num_keypoints=int(seen.sum()),
        bbox=[x1, y1, x2 - x1, y2 - y1],
        area=(x2 - x1) * (y2 - y1),
        iscrowd=0)


def judge_labels(labels: str, truth: str, images: str,
                 skeleton: Skeleton) -> Dict[str, float]:
    """Read labels as others would, and hold them against the truth.

    Args:
        labels (str): What tools/annotate.py wrote.
        truth (str): COCO JSON of the same images.
        images (str): Their folder.
        skeleton (Skeleton): Joint set.

    Returns:
        dict: ``AP``, ``AP50``, ``AP75`` and ``AR`` of xtcocotools' COCOeval
        (percent; the scale of a person is that of its box), ``labelled``
        persons with exactly one label (percent), ``read`` persons that
        MMPose's ``CocoDataset`` reads from the file (percent).
    """
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval
    with open(labels, encoding='utf-8') as file:
        rows = json.load(file)['annotations']
    with contextlib.redirect_stdout(io.StringIO()):  # they print a lot
        known = COCO(truth)
        fields = ('image_id', 'category_id', 'keypoints', 'score')
        found = known.loadRes([{k: row[k] for k in fields} for row in rows])
        run = COCOeval(known, found, 'keypoints', np.array(skeleton.sigmas))
        run.evaluate()
        run.accumulate()
        run.summarize()
        dataset = DATASETS.build(
            dict(
                type='CocoDataset',
                ann_file=labels,
                data_prefix=dict(img=images + '/'),
                metainfo=skeleton.metainfo))
        dataset.full_init()
    persons = known.getImgIds()
    times = [row['image_id'] for row in rows]
    names = dict(AP=0, AP50=1, AP75=2, AR=5)
    return dict(
        {name: 100 * float(run.stats[i]) for name, i in names.items()},
        labelled=100 * float(np.mean([times.count(i) == 1 for i in persons])),
        read=100 * len(dataset) / len(persons))


def label_points(labels: str) -> np.ndarray:
    """(N, K, 2) pixels of a label file, in its order."""
    with open(labels, encoding='utf-8') as file:
        rows: List[dict] = json.load(file)['annotations']
    return np.array([row['keypoints'] for row in rows]).reshape(
        len(rows), -1, 3)[..., :2]
