"""Terms of RegDA and UDAPE against values computed by hand."""
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm import UserError
from flexpose_mm.models.uda import (ArgmaxHeatmap, adain, argmax_cells,
                                    color_jitter, confident_joints,
                                    consistency_loss, draw_affines,
                                    draw_crops, ema_update, gaussian_maps,
                                    heatmap_mse, joints_kl, keypoint_maps,
                                    map_matrix, occlude_joints, other_joints,
                                    regression_disparity, transform_points,
                                    warm_start, warm_start_coefficient, warp)

ONES = torch.ones(1, 1)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def gaussian(x, y, size=64):
    return gaussian_maps(torch.tensor([[[x, y]]]), (size, size))


# -- heatmaps ----------------------------------------------------------


def test_gaussian_label():
    found = gaussian(30, 20)[0, 0]
    assert found.sum().item() == pytest.approx(25.0813, abs=1e-4)
    assert found[20, 30] == 1 and found[20, 32] == math.exp(-.5)
    assert (found > 0).sum() == 169 and found[26, 36] > 0 == found[27, 30]


def test_labels_equal_mmposes_inside_the_map():
    points = np.random.default_rng(0).uniform(30, 220, (1, 5, 2))
    codec = ArgmaxHeatmap((256, 256), (64, 64), 2)
    theirs = codec.encode(points, np.ones((1, 5)))
    maps, weight = keypoint_maps(
        torch.from_numpy(points), torch.ones(1, 5), 4, (64, 64))
    assert torch.allclose(maps[0], torch.from_numpy(theirs['heatmaps']),
                          atol=1e-6)
    assert weight.tolist() == theirs['keypoint_weights'].tolist() == [[1] * 5]


def test_joints_outside_have_no_weight_and_an_empty_map():
    points = torch.tensor([[[-3., 9.], [9., 254.], [9., 9.], [float('nan')] *
                            2]])
    seen = torch.tensor([[1., 1., 0., 0.]])
    maps, weight = keypoint_maps(points, seen, 4, (64, 64))
    assert weight.tolist() == [[0, 0, 0, 0]]  # (254/4 + .5) is cell 64
    assert not maps.any()
    codec = ArgmaxHeatmap((256, 256), (64, 64), 2)
    found = codec.encode(points[:, :2].numpy().astype(float), np.ones((1, 2)))
    assert not found['heatmaps'].any() and not found['keypoint_weights'].any()


def test_decoding_is_the_plain_argmax():
    maps = np.full((2, 16, 16), -5., np.float32)
    maps[0, 3, 7], maps[1, 15, 0] = -1, -2
    points, score = ArgmaxHeatmap((64, 64), (16, 16), 2).decode(maps)
    assert points.tolist() == [[[28, 12], [0, 60]]]
    assert score.tolist() == [[-1, -2]]
    assert argmax_cells(torch.from_numpy(maps)).tolist() == [[7, 3], [0, 15]]


# -- RegDA -------------------------------------------------------------


def test_joints_kl():
    flat = torch.zeros(1, 1, 64, 64)
    label = gaussian(30, 20)
    assert joints_kl(flat, label, ONES).item() == pytest.approx(
        4.10783, abs=1e-5)
    assert joints_kl(flat, label, ONES, 1e-7).item() == pytest.approx(
        4.10757, abs=1e-5)
    # by hand: two cells, target (1/4, 3/4), output (1/2, 1/2)
    target = torch.tensor([1., 3.]).reshape(1, 1, 1, 2)
    want = math.log(2) + .25 * math.log(.25) + .75 * math.log(.75)
    found = joints_kl(torch.ones(1, 1, 1, 2), target, ONES)
    assert found.item() == pytest.approx(want)


def test_joints_kl_counts_absent_joints_in_the_mean_only():
    output = torch.randn(1, 2, 8, 8, generator=rng()).requires_grad_()
    maps = gaussian(4, 4, 8).repeat(1, 2, 1, 1)
    one = joints_kl(output[:, :1], maps[:, :1], ONES)
    maps[:, 1] = 0  # out of the frame: 0 / 0 must not spread
    both = joints_kl(output, maps, torch.tensor([[1., 0.]]))
    assert both.item() == pytest.approx(one.item() / 2)
    both.backward()
    assert output.grad.isfinite().all() and not output.grad[0, 1].any()


def test_joints_kl_gradient():
    output = torch.randn(2, 2, 3, 3, generator=rng(), dtype=torch.float64)
    target = torch.rand(2, 2, 3, 3, generator=rng(1), dtype=torch.float64)
    output.requires_grad_()
    joints_kl(output, target, torch.ones(2, 2)).backward()
    p = target.flatten(2) / target.flatten(2).sum(-1, keepdim=True)
    q = output.detach().flatten(2).softmax(-1)
    assert torch.allclose(output.grad.flatten(2), (q - p) / 4, atol=1e-6)


@pytest.mark.parametrize('i, c', [(0, 0.), (100, .0050), (500, .0245),
                                  (1000, .0462), (2000, .0762),
                                  (5000, .0987), (10**6, .1)])
def test_warm_start_coefficient(i, c):
    assert warm_start_coefficient(i) == pytest.approx(c, abs=5e-5)


def test_warm_start_scales_the_gradient_and_keeps_its_sign():
    x = torch.tensor([1., -2.], requires_grad=True)
    y = warm_start(x, 1000)
    assert torch.equal(y, x)
    y.sum().backward()
    assert torch.allclose(x.grad, torch.full((2, ), .0462), atol=5e-5)


def test_ground_false_is_the_other_joints():
    maps = torch.zeros(1, 3, 1, 3)
    maps[0, 0, 0, 0] = maps[0, 1, 0, 1] = maps[0, 2, 0, 1] = 1
    found = other_joints(maps)[0, :, 0]
    assert found.tolist() == [[0, 1, 0], [1, 1, 0], [1, 1, 0]]


def test_regression_disparity():
    main = torch.full((1, 2, 32, 32), -9.)
    main[0, 0, 8, 8], main[0, 1, 20, 22] = -1, -1
    main.requires_grad_()
    adversary = torch.zeros(1, 2, 32, 32, requires_grad=True)
    weight = torch.ones(1, 2)
    truth = gaussian_maps(torch.tensor([[[8, 8], [22, 20]]]), (32, 32))
    found = regression_disparity(main, adversary, weight, 'min')
    assert found == joints_kl(adversary, truth, weight, 1e-7)
    found.backward()
    assert main.grad is None and adversary.grad[0, 0, 8, 8] < 0
    found = regression_disparity(main, adversary, weight, 'max')
    assert found == joints_kl(adversary, truth.flip(1), weight, 1e-7)
    with pytest.raises(UserError, match="mode='mean'"):
        regression_disparity(main, adversary, weight, 'mean')


# -- UDAPE -------------------------------------------------------------


def test_source_loss_is_half_the_mean_square():
    output, target = torch.zeros(1, 2, 1, 2), torch.ones(1, 2, 1, 2)
    target[0, 1] = 3
    weight = torch.tensor([[1., 0.]])
    assert heatmap_mse(output, target, weight).item() == .25  # 2 of 4


def test_confident_joints_are_the_upper_half():
    a = torch.tensor([[.1, .9], [.5, .3]])
    assert confident_joints(a).tolist() == [[False, True], [True, False]]
    assert confident_joints(torch.ones(2, 2)).tolist() == [[False] * 2] * 2
    assert confident_joints(torch.ones(1, 1)).tolist() == [[True]]  # k = 0


def test_consistency_has_no_half():
    student, label = torch.zeros(1, 2, 1, 2), torch.ones(1, 2, 1, 2)
    mask = torch.tensor([[True, False]])
    assert consistency_loss(student, label, mask).item() == .5


def test_mean_teacher():
    teacher, student = torch.tensor([1.]), torch.tensor([3.])
    for _ in range(2):
        ema_update([teacher], [student], .9)
    assert teacher.item() == pytest.approx(1.38)  # 1.2, then + 0.18


def test_occlusion_copies_a_place_of_the_same_image():
    images = torch.arange(2 * 3 * 40 * 40.).reshape(2, 3, 40, 40)
    cells = torch.tensor([[[5, 5], [1, 1]]] * 2)
    sure = torch.tensor([[.95, .1], [.5, .5]])
    found = occlude_joints(images, cells, sure, 4, rng(), probability=1.,
                           half=5)
    changed = (found != images).any(1)
    assert not changed[1].any()  # nobody is sure there
    rows, columns = changed[0].nonzero().T
    assert rows.min() == columns.min() == 15
    assert rows.max() == columns.max() == 24
    assert set(found[0, 0].flatten().tolist()) <= set(
        images[0, 0].flatten().tolist())
    same = occlude_joints(images, cells, sure, 4, rng(), probability=0.)
    assert torch.equal(same, images) and same is not images


def test_adain_gives_the_moments_of_the_style():
    content = torch.randn(2, 3, 8, 8, generator=rng())
    style = 5 + 2 * torch.randn(2, 3, 6, 6, generator=rng(1))
    found = adain(content, style).flatten(2)
    assert torch.allclose(found.mean(2), style.flatten(2).mean(2), atol=1e-4)
    assert torch.allclose(found.var(2), style.flatten(2).var(2), rtol=1e-3)


# -- views -------------------------------------------------------------


def dot(x, y, size=32):
    image = torch.zeros(1, 1, size, size)
    image[0, 0, y - 1:y + 2, x - 1:x + 2] = 1
    image[0, 0, y, x] = 2
    return image


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_points_go_where_the_image_goes(seed):
    options = dict(rotation=40., shear=15., translate=.05, scale=(.8, 1.2))
    size, generator = 32, rng(seed)
    matrix = draw_affines(1, size, generator, **options) @ draw_crops(
        1, size, generator, (.8, 1.))
    seen = warp(dot(17, 14), matrix)
    x, y = transform_points(torch.tensor([[[17., 14.]]]), matrix)[0, 0]
    weight = seen[0, 0] / seen.sum()
    grid = torch.arange(32.)
    assert abs((weight.sum(0) * grid).sum() - x) < .35
    assert abs((weight.sum(1) * grid).sum() - y) < .35


def test_a_view_and_back_again():
    size, stride = 64, 4
    matrix = draw_affines(8, size, rng(), 60., 30., .05, (.8, 1.))
    points = torch.full((8, 1, 2), 31.) + torch.arange(8.)[:, None, None]
    moved = transform_points(points, matrix)
    maps, weight = keypoint_maps(moved, torch.ones(8, 1), stride, (16, 16),
                                 1.)
    back = torch.linalg.inv(map_matrix(matrix, stride))
    found = argmax_cells(warp(maps, back, 'nearest'))
    assert weight.all()
    assert (found - points / stride).abs().max() <= 1.2  # rounding to cells
    assert torch.allclose(
        torch.linalg.inv(matrix) @ matrix, torch.eye(3).double(), atol=1e-9)


def test_crops_never_show_the_outside():
    matrix = draw_crops(50, 64, rng(), (.6, 1.))
    corners = torch.tensor([[[-.5, -.5], [63.5, 63.5]]]).expand(50, 2, 2)
    moved = transform_points(corners, matrix)
    assert (moved[:, 0] <= -.5 + 1e-4).all()
    assert (moved[:, 1] >= 63.5 - 1e-4).all()
    area = matrix[:, 0, 0]**-2
    assert .6 <= area.min() < .65 and .95 < area.max() <= 1


def test_identity_and_draws():
    image = torch.rand(2, 3, 16, 16, generator=rng())
    eye = draw_affines(2, 16, rng())
    assert torch.allclose(eye, torch.eye(3).double().expand(2, 3, 3))
    assert torch.allclose(warp(image, eye), image, atol=1e-5)
    a, b, c = (draw_affines(4, 16, rng(s), rotation=30.) for s in (0, 0, 1))
    assert torch.equal(a, b) and not torch.equal(a, c)
    jittered = color_jitter(255 * image, .25, rng())
    assert 0 <= jittered.min() and jittered.max() <= 255
    assert torch.equal(color_jitter(255 * image, 0., rng()).round(),
                       (255 * image).round())


def test_warp_passes_gradients():
    maps = torch.rand(1, 2, 8, 8, generator=rng(), requires_grad=True)
    matrix = draw_affines(1, 8, rng(), rotation=45.)
    warp(maps, matrix, 'nearest').sum().backward()
    assert maps.grad.any()
