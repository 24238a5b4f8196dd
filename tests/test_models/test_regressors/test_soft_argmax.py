"""Heatmaps to points: exactness and monotone confidence."""
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm.models.regressors import soft_argmax as sa


@pytest.mark.parametrize('separable', [False, True])
@given(x=st.floats(.15, .85), y=st.floats(.15, .85))
@settings(max_examples=25, deadline=None)
def test_a_gaussian_heatmap_is_read_back(separable, x, y):
    grid = sa.cell_centers(16, 64)
    point = torch.tensor([[[x, y]]])
    maps = sa.target_heatmaps(point, torch.ones(1, 1), grid, grid,
                              (.6 / 16)**2)
    logits = maps.clamp(min=1e-30).log()
    if separable:  # the mean over an axis keeps a product's marginals
        logits = logits - logits.mean()
    coords, log_maps = sa.soft_argmax(logits, grid, grid, separable)
    assert torch.allclose(log_maps.exp().sum((2, 3)), torch.ones(1, 1))
    assert (coords - point).abs().max() < 2e-3


def test_cells_lie_at_their_centres():
    # cell 0 of stride 4 covers pixels 0..3: its centre is 1.5 px
    assert sa.cell_centers(16, 64)[0] * 64 == 1.5
    assert torch.allclose(sa.label_to_canvas(sa.cell_centers(2, 8), 8),
                          torch.tensor([-.5, .5]))


def test_labels_and_canvas_are_inverse():
    points = torch.linspace(-1, 1, 9)
    labels = sa.canvas_to_label(points, 64)
    assert torch.allclose(sa.label_to_canvas(labels, 64), points, atol=1e-6)
    pixels = (points + 1) * 32 - .5
    assert torch.allclose(labels * 64, pixels, atol=1e-5)


def test_absent_joints_get_uniform_targets():
    grid = sa.cell_centers(4, 16)
    maps = sa.target_heatmaps(torch.zeros(1, 2, 2),
                              torch.tensor([[1., 0.]]), grid, grid, .01)
    assert torch.equal(maps[0, 1], torch.full((4, 4), 1 / 16))
    assert maps[0, 0].max() > .2


@given(st.lists(st.floats(1e-6, 1.), min_size=2, max_size=8))
def test_score_falls_as_the_heatmap_spreads(values):
    spread = torch.tensor(sorted(values))
    score = sa.spread_to_score(spread, .01)
    assert (score.diff() <= 0).all()
    assert ((score > 0) & (score <= 1)).all()


def test_spread_of_a_uniform_map():
    grid = sa.cell_centers(64, 64)
    maps = torch.full((1, 1, 64, 64), 1 / 64**2)
    spread = sa.heatmap_spread(maps, torch.full((1, 1, 2), grid.mean()),
                               grid, grid)
    assert spread.item() == pytest.approx(1 / 12, rel=1e-2)
