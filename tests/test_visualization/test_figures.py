import numpy as np
import pytest
import torch

from flexpose_mm import UserError
from flexpose_mm.visualization import (before_after_figure, curves_figure,
                                       image_grid, save_image, tsne_embed,
                                       tsne_figure)


def is_figure(x):
    return x.dtype == np.uint8 and x.ndim == 3 and x.shape[2] == 3


def test_grid_places_and_scales_images():
    images = torch.stack([torch.full((3, 4, 6), v) for v in (-1., 0., 3.)])
    page = image_grid(images, ncol=2, pad=1)
    assert page.shape == (11, 15, 3)
    assert (page[1:5, 1:7] == 0).all()
    assert (page[1:5, 8:14] == 128).all()
    assert (page[6:10, 1:7] == 255).all()
    assert (page[0] == 255).all() and (page[6:10, 8:14] == 255).all()


def test_grid_keeps_uint8_and_rgb_order():
    images = np.zeros((1, 3, 2, 2), np.uint8)
    images[:, 0] = 200
    assert (image_grid(images, pad=0) == (200, 0, 0)).all()
    half = torch.zeros(1, 3, 2, 2, dtype=torch.bfloat16)
    assert (image_grid(half, pad=0) == 128).all()


def test_before_after_has_three_panels():
    images = torch.zeros(6, 3, 16, 16)
    page = before_after_figure(images - 1, images, images + 1, ncol=3)
    assert is_figure(page)
    thirds = np.array_split(page[40:-10], 3, axis=1)
    means = [t.mean() for t in thirds]
    assert means[0] < means[1] < means[2]


def test_tsne_separates_and_repeats():
    rng = np.random.default_rng(0)
    sets = dict(
        a=rng.normal(0, .1, (50, 15, 2)), b=rng.normal(2, .1, (30, 15, 2)))
    out = tsne_embed(sets, seed=1, max_per_set=40)
    assert [len(out[k]) for k in 'ab'] == [40, 30]
    gap = np.linalg.norm(out['a'].mean(0) - out['b'].mean(0))
    assert gap > 2 * out['a'].std()
    again = tsne_embed(sets, seed=1, max_per_set=40)
    np.testing.assert_array_equal(out['a'], again['a'])
    assert is_figure(tsne_figure(sets))


def test_curves():
    steps = np.arange(50)
    page = curves_figure(
        dict(FD=(steps, 1 / (steps + 1)), floor=([0, 49], [.1, .1])),
        ylabel='FD in [-1, 1]', log=True)  # yapf: disable
    assert is_figure(page) and len(np.unique(page.reshape(-1, 3), axis=0)) > 9


def test_no_global_matplotlib_state():
    import matplotlib
    before = dict(matplotlib.rcParams)
    curves_figure(dict(a=([0, 1], [0, 1])), ylabel='y')
    assert dict(matplotlib.rcParams) == before


def test_save_is_rgb_and_whole(tmp_path):
    import cv2
    image = np.zeros((5, 7, 3), np.uint8)
    image[..., 0] = 250
    path = str(tmp_path / 'new' / 'a.png')
    assert save_image(image, path) == path
    assert (cv2.imread(path)[..., ::-1] == image).all()
    assert [p.name for p in (tmp_path / 'new').iterdir()] == ['a.png']


@pytest.mark.parametrize('call', [
    lambda p: image_grid(torch.zeros(3, 4, 4)),
    lambda p: image_grid(torch.zeros(0, 3, 4, 4)),
    lambda p: image_grid(torch.zeros(1, 3, 4, 4, dtype=torch.int64)),
    lambda p: image_grid(torch.full((1, 3, 4, 4), float('nan'))),
    lambda p: image_grid(torch.zeros(1, 3, 4, 4), ncol=0),
    lambda p: before_after_figure(
        torch.zeros(2, 3, 4, 4), torch.zeros(1, 3, 4, 4), None),
    lambda p: before_after_figure(
        *torch.zeros(3, 1, 3, 4, 4), titles=['only one']),
    lambda p: tsne_figure(dict(a=np.zeros((2, 15, 2)))),
    lambda p: tsne_figure(
        dict(a=np.zeros((9, 15, 2)), b=np.zeros((9, 14, 2)))),
    lambda p: curves_figure({}, ylabel='y'),
    lambda p: curves_figure(dict(a=([0], [0, 1])), ylabel='y'),
    lambda p: save_image(np.zeros((4, 4, 3)), str(p / 'a.png')),
    lambda p: save_image(np.zeros((4, 4, 3), np.uint8), str(p / 'a.xyz')),
    lambda p: save_image(np.zeros((4, 4, 3), np.uint8), '/proc/no/a.png'),
])
def test_bad_input_is_one_sentence(call, tmp_path):
    with pytest.raises(UserError):
        call(tmp_path)
