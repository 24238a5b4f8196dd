import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample

from flexpose_mm import UserError
from flexpose_mm.datasets import normalize_poses
from flexpose_mm.evaluation import pose_distribution_report


def pixel_poses(n, seed):
    rng = np.random.default_rng(seed)
    body = np.random.default_rng(99).normal(0, 40, (15, 2))
    noise = rng.normal(0, 6, (n, 15, 2))
    return (body + noise + rng.normal(200, 50, (n, 1, 2))).astype(np.float32)


def array_cfg(tmp_path, poses, name='target', **arrays):
    path = tmp_path / f'{name}.npz'
    np.savez(path, keypoints=poses, **arrays)
    return dict(type='KeypointArrayDataset', ann_file=str(path))


def samples(poses):
    out = []
    for pose in poses:
        sample = PoseDataSample()
        sample.pred_instances = InstanceData(keypoints=pose[None])
        out.append(sample)
    return out


def feed(evaluator, poses, batch=64):
    for start in range(0, len(poses), batch):
        evaluator.process(samples(poses[start:start + batch]), None)


def metric_cfg(**kwargs):
    return dict(type='PoseDistributionMetric', _scope_='mmpose', **kwargs)


def test_through_the_evaluator_with_controls(tmp_path):
    target, generated = pixel_poses(300, 0), pixel_poses(250, 1)
    cfg = metric_cfg(
        reference=array_cfg(tmp_path, target),
        controls=dict(T=array_cfg(tmp_path, target[:12], 'T')),
        seed=3,
        prefix='val')
    evaluator = Evaluator([cfg])
    evaluator.dataset_meta = {}
    feed(evaluator, generated)
    out = evaluator.evaluate(250)
    expected = pose_distribution_report(
        normalize_poses(generated)[0], normalize_poses(target)[0], seed=3)
    for key, value in expected.items():
        assert out[f'val/{key}'] == value
    assert out['val/T/n'] == 12
    assert out['val/T/coverage'] < .5 < out['val/coverage']
    feed(evaluator, generated)
    assert evaluator.evaluate(250) == out


def test_generated_poses_meet_the_same_crop_rule(tmp_path):
    """Place and size on the canvas do not count, tensors are welcome."""
    target = pixel_poses(100, 0)
    metric = METRICS.build(metric_cfg(reference=array_cfg(tmp_path, target)))
    canvas = torch.from_numpy(normalize_poses(target)[0]) * .7 + .2
    metric.process(None, [s.to_dict() for s in samples(canvas)])
    out = metric.evaluate(100)
    assert out['FD'] == pytest.approx(0, abs=1e-9)
    assert out['coverage'] == 1


def test_padded_poses_of_a_distributed_sampler_are_dropped(tmp_path):
    metric = METRICS.build(
        metric_cfg(reference=array_cfg(tmp_path, pixel_poses(50, 0))))
    metric.process(None,
                   [s.to_dict() for s in samples(pixel_poses(21, 1))])
    assert all(r.shape == (15, 2) for r in metric.results)
    assert metric.evaluate(20)['n'] == 20


def test_incomplete_reference_poses_are_left_out(tmp_path):
    poses = pixel_poses(60, 0)
    visible = np.ones((60, 15), np.float32)
    visible[:20, 4] = 0
    cfg = array_cfg(tmp_path, poses, visible=visible)
    cfg.update(visible_key='visible', require_all=False)
    metric = METRICS.build(metric_cfg(reference=cfg))
    np.testing.assert_allclose(
        metric.reference.moments.mean,
        normalize_poses(poses[20:])[0].mean(0).ravel(), atol=1e-6)
    assert metric.reference.moments.n == 40


def test_mapping_is_for_foreign_sets(tmp_path):

    class Foreign:

        def __init__(self):
            rng = np.random.default_rng(0)
            self.keypoints = rng.normal(100, 30, (30, 1, 17, 2))

        def __len__(self):
            return 30

        def get_data_info(self, i):
            return dict(
                keypoints=self.keypoints[i],
                keypoints_visible=np.ones((1, 17)))

    metric = METRICS.build(
        metric_cfg(reference=Foreign(), mapping='coco17'))
    assert metric.reference.mmd_poses.shape == (30, 30)


def test_bad_predictions_end_in_one_sentence(tmp_path):
    cfg = metric_cfg(reference=array_cfg(tmp_path, pixel_poses(50, 0)))
    good = pixel_poses(20, 1)
    broken = good.copy()
    broken[3, 2, 1] = np.nan
    for poses, words in ((good[:1], 'at least 2'), (broken, 'NaN'),
                         (good[:, :14], 'reference has 15')):
        metric = METRICS.build(cfg)
        metric.process(None, [s.to_dict() for s in samples(poses)])
        with pytest.raises(UserError, match=words):
            metric.evaluate(len(poses))


def test_bad_configs_end_before_training(tmp_path):
    good = array_cfg(tmp_path, pixel_poses(50, 0))
    for cfg, words in ((dict(reference='target.npz'), 'config of a data'),
                       (dict(reference=dict(ann_file='a')), 'type'),
                       (dict(reference=good, padding=0), 'padding'),
                       (dict(reference=good, k=0), 'k=0'),
                       (dict(reference=good, controls=dict(T=3)), 'T')):
        with pytest.raises(UserError, match=words):
            METRICS.build(metric_cfg(**cfg))
