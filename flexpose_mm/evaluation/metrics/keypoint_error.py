"""Pixel errors of 2D keypoints, and PCK with a stated reference length."""
from typing import Dict, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError
from ..functional.confidence import error_by_confidence, rank_correlation

#: Joints whose distance is a body's reference length.
SEGMENTS = dict(torso=('neck', 'pelvis'), head=('head', 'neck'))
REFERENCES = ('crop', 'box', 'diagonal', *SEGMENTS)


def keypoint_distance(pred: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Euclidean distance of each joint: (..., K, 2) twice -> (..., K)."""
    return np.linalg.norm(pred - truth, axis=-1)


def pck(distance: np.ndarray, visible: np.ndarray, length: np.ndarray,
        threshold: float) -> float:
    """Share of visible joints within ``threshold`` of a length.

    Args:
        distance (np.ndarray): (n, K) image pixels.
        visible (np.ndarray): (n, K) bool.
        length (np.ndarray): (n,) image pixels; joints of a person whose
            length is not above 0 (an absent joint) do not count.
        threshold (float): Share of the length.
    """
    counted = visible & (length > 0)[:, None]
    near = distance <= threshold * length[:, None]
    return float(near[counted].mean()) if counted.any() else float('nan')


@METRICS.register_module()
class KeypointError(BaseMetric):
    """Mean distance of predicted and true joints, in stated units.

    All values are means over the visible joints of all persons. Papers on
    KeypointGAN call the mean distance "MSE" though nothing is squared; both
    are here, named apart. The crop is the square that the model saw.

    ``error_px`` image pixels; ``error_crop`` pixels of a crop of
    ``crop_size``; ``error_percent`` percent of the crop's side;
    ``squared_error_crop`` squared distance in crop pixels; ``error_best_flip``
    as ``error_crop``, for each person the better of truth and truth with left
    and right exchanged; ``correct_flip`` share of persons for whom that is
    the truth itself; ``PCK@r/<reference>`` share of joints within r times a
    reference length; ``score_error_rank`` Spearman's correlation of
    confidence and error (-1 is best).

    Reference lengths: 'crop' side of the crop, 'box' longer side of the true
    box (MMPose's PCKAccuracy), 'diagonal' of that box, 'torso' neck to pelvis
    and 'head' head to neck of the true pose. The FlexPose papers name none;
    their numbers exclude 'crop' (fact sheet, section 10).

    Args:
        crop_size (int): Side of the crop in which errors are told; 128 as in
            the papers.
        pck (Sequence[float]): Shares r.
        references (Sequence[str]): Names from above.
        collect_device (str): ``'cpu'`` or ``'gpu'``.
        prefix (str, optional): Put before every key.

    Raises:
        UserError: Unknown reference, or one whose joints the skeleton lacks.
    """

    def __init__(self,
                 crop_size: int = 128,
                 pck: Sequence[float] = (0.1, 0.2),
                 references: Sequence[str] = ('crop', 'box', 'torso'),
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        where = 'KeypointError'
        unknown = set(references) - set(REFERENCES)
        if unknown:
            raise UserError(where, 'references', sorted(unknown),
                            f'choose from {REFERENCES}')
        if crop_size < 1 or any(r <= 0 for r in pck):
            raise UserError(where, 'crop_size, pck', (crop_size, pck),
                            'give numbers above 0')
        self.crop_size, self.thresholds = crop_size, tuple(pck)
        self.references = tuple(references)

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Keep what the errors are made of, one entry for each person."""
        flip = list(self.dataset_meta['flip_indices'])
        for sample in data_samples:
            truth = np.asarray(sample['gt_instances']['keypoints'][0])[:, :2]
            seen = np.asarray(sample['gt_instances']['keypoints_visible'][0])
            seen = seen[:, 0] if seen.ndim == 2 else seen
            pred = sample['pred_instances']['keypoints'][0][:, :2]
            score = sample['pred_instances'].get('keypoint_scores')
            both = seen[flip] > 0
            self.results.append(
                dict(
                    distance=keypoint_distance(pred, truth),
                    flipped=np.where(
                        both, keypoint_distance(pred, truth[flip]), np.nan),
                    visible=seen > 0,
                    score=np.full(len(pred), np.nan)
                    if score is None else np.asarray(score[0]),
                    **self.lengths(sample, truth, seen)))

    def lengths(self, sample: dict, truth: np.ndarray,
                seen: np.ndarray) -> Dict[str, float]:
        """Side of the crop and the reference lengths, image pixels."""
        found = dict(crop=float(np.max(sample['input_scale'])))
        box = np.asarray(sample['gt_instances']['bboxes'][0])
        width, height = box[2:4] - box[:2]
        found['box'] = float(max(width, height))
        found['diagonal'] = float(np.hypot(width, height))
        names = self.dataset_meta['keypoint_name2id']
        for name in set(SEGMENTS) & set(self.references):
            if not set(SEGMENTS[name]) <= set(names):
                raise UserError('KeypointError', 'references', name,
                                f'the skeleton has no {SEGMENTS[name]}')
            a, b = (names[joint] for joint in SEGMENTS[name])
            known = seen[a] > 0 and seen[b] > 0
            found[name] = float(
                np.linalg.norm(truth[a] - truth[b])) if known else 0.
        return found

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """The values described above."""
        got = {
            key: np.stack([r[key] for r in results])
            for key in results[0]
        }
        seen, distance = got['visible'], got['distance']
        unit = self.crop_size / got['crop'][:, None]
        crop = (distance * unit)[seen]
        own, other = (np.nanmean(
            np.where(seen & ~np.isnan(got['flipped']), d * unit, np.nan), 1)
                      for d in (distance, got['flipped']))
        report = dict(
            error_px=float(distance[seen].mean()),
            error_crop=float(crop.mean()),
            error_percent=float(100 * crop.mean() / self.crop_size),
            squared_error_crop=float(np.square(crop).mean()),
            error_best_flip=float(np.nanmean(np.fmin(own, other))),
            correct_flip=float((own <= other).mean()))
        for name in self.references:
            for r in self.thresholds:
                report[f'PCK@{r:g}/{name}'] = pck(distance, seen, got[name], r)
        score = got['score'][seen]
        if not np.isnan(score).any():
            report['score_error_rank'] = rank_correlation(score, crop)
            self.print_bins(score, crop)
        return report

    @staticmethod
    def print_bins(score: np.ndarray, error: np.ndarray) -> None:
        """Table of the error by fifths of the confidence."""
        rows = ['| confidence | error (crop px) | joints |', '|---|---|---|']
        rows += [f'| {s:.3f} | {e:.2f} | {n} |'
                 for s, e, n in error_by_confidence(score, error)]
        print_log('\n' + '\n'.join(rows), logger='current')
