"""Transforms in MMPose pipelines."""
import numpy as np
import pytest
from mmengine.dataset import Compose
from mmpose.datasets.transforms import GenerateTarget, PackPoseInputs
from mmpose.registry import TRANSFORMS

import flexpose_mm  # noqa: F401
from flexpose_mm.datasets import normalize_poses
from flexpose_mm.errors import UserError
from flexpose_mm.rendering import draw_skeleton


def sample(joints=15, seed=0):
    points = np.random.default_rng(seed).uniform(10, 90, (1, joints, 2))
    points = points.astype('f4')
    box = np.r_[points[0].min(0), points[0].max(0)][None]
    return dict(id=3, img_id=3, category_id=1, keypoints=points,
                keypoints_visible=np.ones((1, joints), 'f4'), bbox=box)


def pipeline(*steps):
    return Compose([
        TRANSFORMS.build(step) if isinstance(step, dict) else step
        for step in steps
    ])


def test_render_skeleton():
    results = pipeline(dict(type='NormalizePose'),
                       dict(type='RenderSkeleton', size=64))(sample())
    canvas = normalize_poses(sample()['keypoints'])[0][0]
    assert (results['img'] == draw_skeleton(canvas, None, 'body15', 64)).all()
    assert results['img'].dtype == np.uint8
    # what a MMPose head does with its output in pixels of the image
    pixels = results['transformed_keypoints']
    back = (pixels / results['input_size'] * results['input_scale']
            + results['input_center'] - .5 * results['input_scale'])
    assert np.allclose(back, results['keypoints'], atol=1e-6)
    assert np.allclose(np.abs(results['bbox']).max(), .8)


def test_render_skeleton_feeds_mmpose():
    codec = dict(type='MSRAHeatmap', input_size=(64, 64),
                 heatmap_size=(16, 16), sigma=1)
    out = pipeline(dict(type='NormalizePose'),
                   dict(type='RenderSkeleton', size=64, colors='gray'),
                   GenerateTarget(encoder=codec), PackPoseInputs())(sample())
    assert out['inputs'].shape == (3, 64, 64)
    assert out['data_samples'].gt_fields.heatmaps.shape == (15, 16, 16)
    assert out['data_samples'].input_size == (64, 64)


def test_map_joints():
    results = pipeline(dict(type='MapJoints', mapping='coco17'))(sample(17))
    assert results['keypoints'].shape == (1, 15, 2)
    assert results['keypoints'].dtype == np.float32
    assert results['num_keypoints'] == 15
    assert results['flip_indices'][3] == 6
    points = sample(17)['keypoints']
    assert np.allclose(results['keypoints'][0, 2], points[0, [11, 12]].mean(0))


@pytest.mark.parametrize('cfg', [
    dict(type='NormalizePose', padding=-1),
    dict(type='MapJoints', mapping='x'),
    dict(type='RenderSkeleton', size=0),
    dict(type='RenderSkeleton', skeleton='x'),
    dict(type='RenderSkeleton', line_width=-2),
    dict(type='RenderSkeleton', colors='blue')])
def test_errors(cfg):
    with pytest.raises(UserError):
        TRANSFORMS.build(cfg)


def test_reprs():
    for name in ('NormalizePose', 'PackPose', 'RenderSkeleton'):
        assert name in repr(TRANSFORMS.build(dict(type=name)))
    assert 'coco17' in repr(
        TRANSFORMS.build(dict(type='MapJoints', mapping='coco17')))
