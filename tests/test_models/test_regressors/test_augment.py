"""Random poses and damaged images for beta."""
import math

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from flexpose_mm import UserError
from flexpose_mm.models.regressors import SkeletonAugmentor
from flexpose_mm.models.regressors import augment as aug
from flexpose_mm.models.regressors.augmentor import tree_limbs
from flexpose_mm.skeletons import BODY15, FACE68, HAND21


def stream(seed=0):
    return torch.Generator().manual_seed(seed)


def poses(n=6, k=15):
    return torch.rand(n, k, 2, generator=stream(9)) * 1.6 - .8


@pytest.mark.parametrize('skeleton', [BODY15, FACE68, HAND21])
def test_trees_reach_every_joint_parents_first(skeleton):
    limbs = tree_limbs(skeleton.parents)
    roots = {j for j, p in enumerate(skeleton.parents) if p < 0}
    seen = set(roots)
    for parent, child in limbs:
        assert parent in seen and child not in seen
        seen.add(child)
    assert len(seen) == skeleton.num_joints


def test_identity_jitter_leaves_poses_alone():
    given = poses()
    limbs = tree_limbs(BODY15.parents)
    same = aug.jitter_limbs(given, limbs, torch.ones(6, 14),
                            torch.zeros(6, 14))
    assert torch.allclose(same, given, atol=1e-6)


def test_a_longer_limb_carries_its_children():
    given, limbs = poses(), tree_limbs(BODY15.parents)
    lengths = torch.ones(6, 14)
    upper_arm = [i for i, (_, c) in enumerate(limbs) if c == 4][0]
    lengths[:, upper_arm] = 2
    moved = aug.jitter_limbs(given, limbs, lengths, torch.zeros(6, 14))
    shift = given[:, 4] - given[:, 3]
    assert torch.allclose(moved[:, [4, 5]], given[:, [4, 5]] + shift[:, None],
                          atol=1e-5)
    others = [j for j in range(15) if j not in (4, 5)]
    assert torch.allclose(moved[:, others], given[:, others], atol=1e-5)


def test_rotation_is_a_rotation():
    turned = aug.rotate(torch.tensor([[1., 0.]]), torch.tensor([math.pi / 2]))
    assert torch.allclose(turned, torch.tensor([[0., 1.]]), atol=1e-6)


def test_augmented_poses_stay_on_the_canvas():
    made = aug.augment_poses(poses(200), torch.ones(200, 15),
                             tree_limbs(BODY15.parents), stream(), 15., .5,
                             (1.1, 1.6))
    assert made.abs().max() <= 1 and made.isfinite().all()
    size = (made.amax(1) - made.amin(1)).amax(-1)
    assert size.min() > 2 / 1.6 - 1e-4 and size.max() < 2 / 1.1 + 1e-4


def test_corruption_is_seeded_and_can_be_off():
    images = torch.full((8, 3, 16, 16), -1.)
    images[:, 0, 8] = 1
    one = aug.corrupt_images(images, stream(1), 1.)
    assert torch.equal(one, aug.corrupt_images(images, stream(1), 1.))
    assert not torch.equal(one, aug.corrupt_images(images, stream(2), 1.))
    assert aug.corrupt_images(images, stream(), 0) is images
    assert one.isfinite().all() and one.shape == images.shape


def test_blur_keeps_a_flat_image():
    flat = torch.full((1, 3, 8, 8), .3)
    assert torch.allclose(aug.blur(flat), flat, atol=1e-6)


def batch(n=4):
    items = poses(n)
    samples = []
    for pose in items:
        sample = PoseDataSample()
        sample.gt_instances = InstanceData(
            keypoints=pose[None].numpy(),
            keypoints_visible=np.ones((1, 15), np.float32))
        samples.append(sample)
    return dict(inputs=list(items), data_samples=samples)


def test_augmentor_labels_match_its_images():
    maker = SkeletonAugmentor(32, hide=0., corruption=0.)
    out = maker(batch(), training=True)
    images = out['inputs']
    assert images.shape == (4, 3, 32, 32) and images.max() > .9
    for image, sample in zip(images, out['data_samples']):
        labels = sample.gt_instance_labels
        assert labels.keypoint_weights.eq(1).all()
        pixel = (labels.keypoint_labels[0] * 32).round().long()
        lit = image.amax(0)[pixel[:, 1].clamp(0, 31), pixel[:, 0].clamp(0,
                                                                        31)]
        assert (lit > -1).all()  # every joint lies on something drawn


def test_augmentor_stream_goes_on_where_it_was_saved():
    first, second = SkeletonAugmentor(16), SkeletonAugmentor(16)
    first(batch(), training=True)
    second.load_state_dict(first.state_dict())
    a = first(batch(), training=True)['inputs']
    assert torch.equal(a, second(batch(), training=True)['inputs'])
    again = SkeletonAugmentor(16)(batch(), training=True)['inputs']
    assert not torch.equal(a, again)


def test_hidden_joints_have_no_weight():
    out = SkeletonAugmentor(16, hide=1.)(batch(32), training=True)
    weights = torch.cat(
        [s.gt_instance_labels.keypoint_weights for s in out['data_samples']])
    assert .6 < weights.mean() < .95


def test_evaluation_draws_the_poses_as_they_are():
    maker = SkeletonAugmentor(16)
    data = batch()
    want = maker.render(torch.stack(data['inputs']))
    assert torch.equal(maker(data)['inputs'], want)


def test_training_on_images_is_refused():
    data = dict(inputs=[torch.zeros(3, 16, 16)], data_samples=[])
    with pytest.raises(UserError, match='PackPose'):
        SkeletonAugmentor(16)(data, training=True)


def test_bad_padding():
    with pytest.raises(UserError, match='padding'):
        SkeletonAugmentor(16, padding=(.5, 1))
