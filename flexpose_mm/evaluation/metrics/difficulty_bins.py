"""Error and EvalPose in each bin of difficulty."""
import json
from typing import Dict, Optional, Sequence

import numpy as np
from mmengine.dist import is_main_process
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from flexpose_mm.errors import UserError
from flexpose_mm.io import write_atomically
from flexpose_mm.models.vae.pose_vae import PoseVAE
from ..functional.difficulty_bins import NUM_BINS, equal_bins
from ..functional.eval_pose import eval_pose, kinematic_triplets
from .eval_pose import gather_poses, to_numpy

NORMALIZERS = ('bbox', 'input')


@METRICS.register_module()
class DifficultyBinMetric(BaseMetric):
    """How a model does on easy and on hard poses (figure 4 of Dua et al.).

    The ground truth of each sample is scored by a ``PoseVAE``, as a rule
    that of the source poses, and sorted into bins of equal size. A sample
    counts with its share of correct joints. The curves go to a JSON file;
    ``tools/compare_bins.py`` draws those of several checkpoints.

    Reports ``bins/PCK_easy``, ``_medium``, ``_hard`` (thirds of the bins,
    percent), the same of ``EvalPose``, and ``bins/error_*`` (mean distance
    in percent of the normaliser).

    Args:
        checkpoint (str): File of ``PoseVAE``.
        num_bins (int): Number of bins.
        thr (float): A joint is correct below this share of the normaliser.
        norm_item (str): 'bbox', the longer side of the sample's box, or
            'input', the longer side of the region the model was shown.
        out_file (str, optional): JSON file of the curves.
        collect_device (str): As in MMEngine.

    Raises:
        UserError: Bad arguments, or fewer samples than bins.
    """
    default_prefix = 'bins'

    def __init__(self,
                 checkpoint: str,
                 num_bins: int = NUM_BINS,
                 thr: float = .05,
                 norm_item: str = 'bbox',
                 out_file: Optional[str] = None,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        where = type(self).__name__
        if num_bins < 3:
            raise UserError(where, 'num_bins', num_bins, 'give at least 3')
        if norm_item not in NORMALIZERS:
            raise UserError(where, 'norm_item', norm_item,
                            f'choose from {NORMALIZERS}')
        self.vae = PoseVAE.from_file(checkpoint)
        self.num_bins, self.thr = num_bins, thr
        self.norm_item, self.out_file = norm_item, out_file

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Keep the poses and the normaliser in pixels of each sample."""
        for sample, poses in zip(data_samples, gather_poses(data_samples)):
            if self.norm_item == 'bbox':
                boxes = to_numpy(sample['gt_instances']['bboxes'])
                side = (boxes[:, 2:] - boxes[:, :2]).max(1)
            else:
                side = np.full(len(poses[0]), np.max(sample['input_scale']))
            self.results.append((*poses, side))

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """See the class."""
        pred, gt, visible, side = (
            np.concatenate(part) for part in zip(*results))
        usable = (visible > 0).sum(1) * 2 >= visible.shape[1]
        pred, gt, visible, side = (
            part[usable] for part in (pred, gt, visible, side))
        curves = bin_curves(
            pred, gt, visible, side,
            equal_bins(self.vae.score(gt, visible), self.num_bins),
            self.num_bins, kinematic_triplets(self.dataset_meta), self.thr)
        if (~usable).any():
            print_log(
                f'DifficultyBinMetric: {(~usable).sum()} samples with less '
                'than half of the joints are left out', logger='current')
        if self.out_file and is_main_process():
            write_curves(self.out_file, dict(
                curves, thr=self.thr, norm_item=self.norm_item))
        thirds = np.array_split(np.arange(self.num_bins), 3)
        return {
            f'{key}_{name}': float(np.nanmean(np.array(curves[key])[part]))
            for key in ('PCK', 'EvalPose', 'error')
            for name, part in zip(('easy', 'medium', 'hard'), thirds)
        }


def bin_curves(pred, gt, visible, side, bins, num_bins: int, triplets,
               thr: float) -> Dict[str, list]:
    """Means over the samples of each bin, in percent.

    Args:
        pred, gt (np.ndarray): (N, K, 2).
        visible (np.ndarray): (N, K), at least one of each row > 0.
        side (np.ndarray): (N,) normaliser, same unit.
        bins (np.ndarray): (N,) int.
        num_bins (int): B.
        triplets: (T, 3).
        thr (float): Share of ``side``.

    Returns:
        dict[str, list]: PCK, EvalPose and error, B values each; NaN for
        EvalPose where no sample counts.
    """
    seen = visible > 0
    distance = np.linalg.norm(pred - gt, axis=-1) / side[:, None]
    count = seen.sum(1)
    correct = ((distance < thr) & seen).sum(1) / count
    error = np.where(seen, distance, 0).sum(1) / count
    agreement = eval_pose(pred, gt, visible, triplets)

    def means(values, rows):
        found = [values[rows & (bins == b)] for b in range(num_bins)]
        return [100 * float(v.mean()) if len(v) else float('nan')
                for v in found]

    every = np.ones(len(gt), bool)
    return dict(
        PCK=means(correct, every),
        EvalPose=means(agreement.scores, agreement.counted),
        error=means(error, every))


def write_curves(path: str, curves: dict) -> None:
    """JSON file, whole or absent; NaN becomes null."""
    clean = {
        key: [None if v != v else v for v in value]
        if isinstance(value, list) else value
        for key, value in curves.items()
    }
    write_atomically(path, json.dumps(clean, indent=1).encode())


def read_curves(path: str) -> Dict[str, list]:
    """Curves of :func:`write_curves`, null as NaN.

    Raises:
        UserError: Missing or damaged file.
    """
    try:
        with open(path, encoding='utf-8') as file:
            found = json.load(file)
        return {
            key: [float('nan') if v is None else float(v)
                  for v in found[key]]
            for key in ('PCK', 'EvalPose', 'error')
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(path, 'content', type(error).__name__,
                        'no curves; write them with DifficultyBinMetric and '
                        'out_file=') from None
