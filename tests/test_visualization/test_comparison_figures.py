import numpy as np
import pytest

from flexpose_mm import UserError
from flexpose_mm.visualization import (errorbar_figure, labelled_grid_figure,
                                       tsne_panels_figure)


def is_figure(x):
    return x.dtype == np.uint8 and x.ndim == 3 and x.shape[2] == 3


def test_rows_lie_below_each_other():
    dark = np.zeros((4, 3, 16, 16), np.uint8)
    page = labelled_grid_figure(dict(a=dark, b=dark + 128, c=dark + 255))
    assert is_figure(page)
    body = page[60:-10, 240:-10]
    means = [part.mean() for part in np.array_split(body, 3)]
    assert means[0] < means[1] < means[2]


def test_a_panel_for_each_method():
    rng = np.random.default_rng(0)
    sets = {n: rng.normal(i, .1, (20, 15, 2)) for i, n in enumerate('stab')}
    background = {n: sets[n] for n in 'st'}
    one = tsne_panels_figure(background, dict(a=sets['a']))
    two = tsne_panels_figure(background, {n: sets[n] for n in 'ab'})
    assert is_figure(one) and is_figure(two)
    assert two.shape[1] == pytest.approx(2 * one.shape[1], abs=2)


def test_bars_have_the_height_of_the_deviation():

    def ink(std):
        page = errorbar_figure(
            dict(a=([1, 2], [1., 1.], [std, std]), b=([1, 2], [0, 4],
                                                      [0, 0])), 'x', 'y')
        assert is_figure(page)
        blue = (np.abs(page.astype(int) - (0, 114, 178)) < 40).all(-1)
        return blue.any(1).sum()

    assert ink(1.) > 2 * ink(.1)


def test_missing_deviation_and_dashed():
    curves = {f'm{i}': ([1, 2], [i, i], [np.nan] * 2) for i in range(9)}
    assert is_figure(errorbar_figure(curves, 'x', 'y', dashed=['m3']))


@pytest.mark.parametrize('call', [
    lambda: labelled_grid_figure({}),
    lambda: labelled_grid_figure(
        dict(a=np.zeros((2, 3, 4, 4)), b=np.zeros((3, 3, 4, 4)))),
    lambda: tsne_panels_figure(dict(a=np.zeros((9, 2, 2))), {}),
    lambda: tsne_panels_figure(*[dict(a=np.zeros((9, 2, 2)))] * 2),
    lambda: errorbar_figure({}, 'x', 'y'),
    lambda: errorbar_figure(dict(a=([0], [0, 1], [0])), 'x', 'y'),
])
def test_bad_input_is_one_sentence(call):
    with pytest.raises(UserError):
        call()
