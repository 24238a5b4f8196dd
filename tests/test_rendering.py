"""Both back ends of alpha against a plain reference and each other."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm.errors import UserError
from flexpose_mm.rendering import draw_skeleton, render_skeletons
from flexpose_mm.skeletons import BODY15, FACE68, HAND21, SKELETONS


def reference(points, visible, skeleton, size, width, radius):
    """The definition, pixel by pixel over the whole image."""
    pixels = (points + 1) * size / 2 - .5
    yy, xx = torch.meshgrid(
        torch.arange(size), torch.arange(size), indexing='ij')
    grid = torch.stack([xx, yy], -1).to(points)
    image = -points.new_ones(size, size, 3)
    prims = [(a, b, width / 2, c)
             for (a, b), c in zip(skeleton.limbs, skeleton.colors)]
    prims += [(j, j, radius, c) for j, c in enumerate(skeleton.joint_colors)]
    for a, b, half, color in prims:
        if visible is not None and not (visible[a] > 0 and visible[b] > 0):
            continue
        bone = pixels[b] - pixels[a]
        along = ((grid - pixels[a]) * bone).sum(-1) / bone.square().sum(
        ).clamp_min(1e-12)
        near = pixels[a] + along.clamp(0, 1)[..., None] * bone
        distance = (grid - near).square().sum(-1).clamp_min(1e-12).sqrt()
        alpha = (half + .5 - distance).clamp(0, 1)[..., None]
        color = torch.tensor(color / 127.5 - 1).to(points)
        image = image * (1 - alpha) + color * alpha
    return image.permute(2, 0, 1)


def random_poses(num, skeleton, seed, spread=1.2):
    rng = np.random.default_rng(seed)
    shape = (num, skeleton.num_joints, 2)
    return torch.tensor(rng.uniform(-spread, spread, shape))


@pytest.mark.parametrize('skeleton', [BODY15, FACE68, HAND21],
                         ids=lambda s: s.name)
def test_batched_equals_definition(skeleton):
    poses = random_poses(3, skeleton, 0)
    visible = torch.tensor(
        np.random.default_rng(1).random((3, skeleton.num_joints)) > .3)
    got = render_skeletons(poses, visible, skeleton, 48, 2.3, 1.7)
    for i in range(3):
        want = reference(poses[i], visible[i], skeleton, 48, 2.3, 1.7)
        assert (got[i] - want).abs().max() < 1e-10


def test_gradient_equals_definition():
    poses = random_poses(2, BODY15, 2).requires_grad_()
    weight = torch.randn(
        2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    got, = torch.autograd.grad(
        (render_skeletons(poses, None, BODY15, 32) * weight).sum(), poses)
    want = torch.stack([reference(p, None, BODY15, 32, 1., .625)
                        for p in poses])
    want, = torch.autograd.grad((want * weight).sum(), poses)
    assert torch.allclose(got, want, atol=1e-9)
    assert got.abs().max() > 1


def test_gradcheck():
    # few joints inside, wide lines: the finite steps cross no kink
    poses = random_poses(1, HAND21, 3, .8).requires_grad_()
    torch.autograd.gradcheck(
        lambda p: render_skeletons(p, None, HAND21, 8, 1.1, .9), poses,
        eps=1e-7, atol=1e-4, rtol=1e-3)


def test_gradient_is_finite_at_exact_pixels_and_nan_joints():
    poses = torch.zeros(1, 15, 2)  # all joints on one point
    poses[0, 5] = float('nan')
    visible = torch.ones(1, 15)
    visible[0, 5] = 0
    poses.requires_grad_()
    image = render_skeletons(poses, visible, BODY15, 33)
    image.sum().backward()
    assert image.isfinite().all() and poses.grad.isfinite().all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(32, 256),
       name=st.sampled_from(sorted(SKELETONS)),
       hidden=st.floats(0, 1), spread=st.floats(.01, 3),
       width=st.one_of(st.none(), st.floats(.3, 12)),
       colors=st.sampled_from(['rgb', 'gray']))
def test_back_ends_agree(seed, size, name, hidden, spread, width, colors):
    """Within 1/255 everywhere, 0.05/255 in the mean."""
    skeleton = SKELETONS[name]
    pose = random_poses(1, skeleton, seed, spread).float()
    visible = torch.tensor(np.random.default_rng(seed).random(
        (1, skeleton.num_joints)) >= hidden)
    batch = render_skeletons(pose, visible, name, size, width, colors=colors)
    single = draw_skeleton(pose[0].numpy(), visible[0].numpy(), name, size,
                           width, colors=colors)
    batch = ((batch[0] + 1) * 127.5).round().permute(1, 2, 0).numpy()
    error = np.abs(single - batch)
    assert error.max() <= 1 and error.mean() <= .05


def test_order_colors_and_invisible():
    pose = np.full((15, 2), 5., np.float32)  # outside
    pose[2], pose[9], pose[10] = (-.5, 0), (0, 0), (.5, 0)
    image = draw_skeleton(pose, None, 'body15', 64, 4, 4)
    assert (image[32, 32] == BODY15.joint_colors[9]).all()
    limb = BODY15.limbs.index((9, 10))
    assert (image[32, 40] == BODY15.colors[limb]).all()
    seen = np.ones(15)
    seen[9] = 0
    hidden = draw_skeleton(pose, seen, 'body15', 64, 4, 4)
    assert not hidden[32, 32].any() and not hidden[32, 40].any()
    assert hidden[32, 16].any()  # the pelvis disc stays
    gray = draw_skeleton(pose, None, 'body15', 64, colors='gray')
    assert (gray == gray[..., :1]).all() and gray.max() == 255


def test_empty_batch_and_nothing_visible():
    empty = render_skeletons(torch.zeros(0, 15, 2), None, 'body15', 32)
    assert empty.shape == (0, 3, 32, 32)
    pose = torch.zeros(1, 15, 2)
    none = render_skeletons(pose, torch.zeros(1, 15), 'body15', 32)
    assert (none == -1).all()
    assert not draw_skeleton(pose[0], np.zeros(15), 'body15', 32).any()


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_dtype_is_kept(dtype):
    assert render_skeletons(
        torch.zeros(2, 15, 2, dtype=dtype), None, 'body15', 16).dtype == dtype


@pytest.mark.parametrize('kwargs, field', [
    (dict(size=2), 'size'), (dict(size=64.), 'size'),
    (dict(line_width=0), 'line_width'), (dict(joint_radius=-1),
                                         'joint_radius'),
    (dict(colors='bgr'), 'colors'), (dict(skeleton='body16'), 'skeleton'),
    (dict(skeleton='face68'), 'keypoints.shape')])
def test_errors(kwargs, field):
    args = {**dict(skeleton='body15', size=64), **kwargs}
    with pytest.raises(UserError) as error:
        render_skeletons(torch.zeros(1, 15, 2), None, **args)
    assert error.value.field == field
    with pytest.raises(UserError):
        draw_skeleton(np.zeros((15, 2)), None, **args)
