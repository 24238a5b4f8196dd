"""FD, MMD^2 and diversity of generated poses, as an MMPose metric."""
from typing import Dict, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import DATASETS, METRICS

from flexpose_mm.datasets import collect_poses, normalize_poses
from flexpose_mm.errors import UserError
from ..functional import PoseReference, report_table
from ..functional.checks import as_vectors


@METRICS.register_module()
class PoseDistributionMetric(BaseMetric):
    """Distance of generated poses from target poses, in keypoint space.

    Every set is brought to the canvas (square crop of the compact box,
    [-1, 1], x right, y down) by the rule of ``NormalizePose`` with one
    padding, the generated poses included: FD depends on the crop more than
    on the method. Only poses with all joints present are used of the data
    sets.

    Args:
        reference (dict): Config of a data set of target poses that are not
            used for adaptation. It is loaded at once, so that mistakes show
            before training.
        controls (dict[str, dict]): Configs of further pose sets, compared
            with the reference in the same way and reported as
            ``<name>/FD`` etc.; usually the shots ``T``, their mixup
            ``T_star``, the ``source`` and a ``held_back`` half of the
            target: copying the shots scores well on FD alone. They are read
            at the first evaluation and computed once.
        mapping (str, optional): Joint mapping, such as ``'coco17'``, for those
            of these data sets that are MMPose's own; ours map themselves.
        padding (float): Side of the crop over the longer side of the box.
        mmd_max_samples (int): Poses of either set in MMD^2.
        coverage_samples (int): Poses of either set in coverage and density.
        k (int): Neighbours in coverage and density.
        quick (bool): MMD^2 from 10 subsets of 5000, with ``MMD2_std``.
        seed (int): Of all subsampling.
        collect_device (str): ``'cpu'`` or ``'gpu'``.
        prefix (str, optional): Put before every key.

    Each data sample must hold ``pred_instances.keypoints`` (1, K, 2).

    Raises:
        UserError: For a reference without complete poses, NaN in a pose,
            unequal numbers of joints, or fewer than 2 generated poses.
    """

    def __init__(self,
                 reference: dict,
                 controls: Optional[Dict[str, dict]] = None,
                 mapping: Optional[str] = None,
                 padding: float = 1.25,
                 mmd_max_samples: int = 50000,
                 coverage_samples: int = 10000,
                 k: int = 5,
                 quick: bool = False,
                 seed: int = 0,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        if not padding > 0:
            raise UserError('PoseDistributionMetric', 'padding', padding,
                            'give a positive ratio, usually 1.25')
        self.mapping, self.padding = mapping, padding
        self.num_joints = None  # that of the reference, once it is known
        self.controls = {
            name: _build(f'controls[{name!r}]', cfg)
            for name, cfg in (controls or {}).items()
        }
        poses = self._complete_poses('reference',
                                     _build('reference', reference))
        self.num_joints = poses.shape[1]
        self.reference = PoseReference(poses, mmd_max_samples,
                                       coverage_samples, k, quick, seed)
        self._control_rows = None

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Keep the predicted canvas poses, (K, 2) float32 each.

        One entry per pose: MMEngine cuts the list to the length of the data
        set, which drops what a distributed sampler had padded.
        """
        for sample in data_samples:
            keypoints = sample['pred_instances']['keypoints']
            if hasattr(keypoints, 'cpu'):
                keypoints = keypoints.cpu().numpy()
            self.results.extend(np.asarray(keypoints, np.float32))

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Compare all collected poses with the reference.

        Returns:
            Dict[str, float]: Keys of
            :func:`~flexpose_mm.evaluation.functional.\
pose_distribution_report`, and the same keys as ``<name>/<key>`` for each
            control set.
        """
        if len(results) < 2:
            raise UserError('PoseDistributionMetric', 'generated poses',
                            len(results), 'at least 2 are needed')
        generated = self._normalize('generated', np.stack(results))
        if self._control_rows is None:
            self._control_rows = {
                name: self.reference.compare(
                    self._complete_poses(f'controls[{name!r}]', dataset))
                for name, dataset in self.controls.items()
            }
        report = self.reference.compare(generated)
        rows = dict(generated=report, **self._control_rows)
        print_log('\n' + report_table(rows), logger='current')
        for name, row in self._control_rows.items():
            report.update({f'{name}/{key}': v for key, v in row.items()})
        return report

    def _complete_poses(self, field, dataset):
        """Canvas poses (n, K, 2) of a data set, without incomplete ones."""
        mapping = None if hasattr(dataset, 'poses') else self.mapping
        poses, visible, _ = collect_poses(dataset, mapping)
        if visible is not None:
            complete = (np.asarray(visible) > 0).all(axis=1)
            if not complete.all():
                print_log(
                    f'PoseDistributionMetric: {field}: {complete.sum()} of '
                    f'{len(poses)} poses have all joints and are used',
                    logger='current')
            poses = poses[complete]
        if len(poses) < 2:
            raise UserError(
                'PoseDistributionMetric', field, len(poses),
                'needs at least 2 poses with all joints present')
        return self._normalize(field, poses)

    def _normalize(self, field, poses):
        where = 'PoseDistributionMetric'
        as_vectors(where, field, poses)
        joints = self.num_joints or poses.shape[1]
        if poses.shape[1] != joints:
            raise UserError(
                where, f'joints of {field}', poses.shape[1],
                f'the reference has {joints}; map both to one skeleton')
        return normalize_poses(poses, None, self.padding)[0]


def _build(field, cfg):
    if isinstance(cfg, dict):
        if 'type' not in cfg:
            raise UserError('PoseDistributionMetric', field, cfg,
                            'give the config of a data set, with `type`')
        return DATASETS.build(cfg)
    if not hasattr(cfg, '__len__') or isinstance(cfg, str):
        raise UserError('PoseDistributionMetric', field, cfg,
                        'give the config of a data set, or a data set')
    return cfg
