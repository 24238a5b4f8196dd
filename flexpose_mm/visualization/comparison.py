"""Figures that set several methods side by side."""
from typing import Dict, Sequence, Tuple

import numpy as np
from matplotlib.figure import Figure

from flexpose_mm.errors import UserError
from .figures import COLORS, MARKERS, _axes, _pixels, image_grid, tsne_embed

GREY = '#9A9A9A'


def _style(i: int) -> dict:
    """Colour and marker of the i-th set; pairs repeat after 49."""
    n = len(COLORS)
    return dict(color=COLORS[i % n], marker=MARKERS[(i + i // n) % n])


def labelled_grid_figure(rows: Dict[str, np.ndarray],
                         title: str = '') -> np.ndarray:
    """One line of images for each name; columns belong together.

    Args:
        rows (dict[str, np.ndarray]): Name -> (n, 3, S, S) as in
            :func:`image_grid`; the same n and S in all.
        title (str): Above the page.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: Without a row, or with rows of different shapes.
    """
    shapes = {np.shape(images) for images in rows.values()}
    if len(shapes) != 1:
        raise UserError('labelled_grid_figure', 'shapes', sorted(shapes),
                        'give one row at least, all of one shape')
    n = len(next(iter(rows.values())))
    height = 1.1 * len(rows) + .5
    figure = Figure(figsize=(1.1 * n + 2.2, height), dpi=100,
                    facecolor='white')
    left, top = 2.2 / (1.1 * n + 2.2), 1 - .45 / height
    for i, (name, images) in enumerate(rows.items()):
        line = top / len(rows)
        bottom = top - (i + 1) * line
        axes = figure.add_axes((left, bottom, .995 - left, line))
        axes.imshow(image_grid(images, ncol=n, pad=2),
                    interpolation='antialiased')
        axes.set_axis_off()
        figure.text(left - .01, bottom + line / 2, name, fontsize=11,
                    ha='right', va='center')
    figure.text(.5, 1 - .2 / height, title, fontsize=14, ha='center',
                va='center')
    return _pixels(figure)


def tsne_panels_figure(background: Dict[str, np.ndarray],
                       poses: Dict[str, np.ndarray],
                       seed: int = 0,
                       max_per_set: int = 300,
                       ncol: int = 3) -> np.ndarray:
    """One common t-SNE, a panel for each set over the background sets.

    Args:
        background (dict[str, np.ndarray]): Name -> (n, K, 2), such as source
            and target; shown in every panel.
        poses (dict[str, np.ndarray]): Name -> (n, K, 2), one panel each.
        seed (int): Of subsets and embedding.
        max_per_set (int): Larger sets are subsampled.
        ncol (int): Panels in a row.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: As :func:`tsne_embed`; a name twice; no set.
    """
    if not poses or set(poses) & set(background):
        raise UserError('tsne_panels_figure', 'poses', list(poses),
                        'give one set at least, with names of their own')
    plane = tsne_embed({**background, **poses}, seed, max_per_set)
    ncol = min(ncol, len(poses))
    nrow = -(-len(poses) // ncol)
    figure = Figure(figsize=(4.2 * ncol, 4.2 * nrow + .5), dpi=100,
                    facecolor='white', layout='constrained')
    grid = figure.subplots(nrow, ncol, squeeze=False, sharex=True,
                           sharey=True).ravel()
    for axes, name in zip(grid, poses):
        for i, other in enumerate(background):
            axes.scatter(*plane[other].T, s=9, alpha=.5, linewidths=0,
                         color=(GREY, COLORS[2])[i % 2],
                         marker=MARKERS[1 + i])
        axes.scatter(*plane[name].T, s=12, alpha=.75, linewidths=0,
                     color=COLORS[1])
        axes.set_title(f'{name} ({len(plane[name])})', fontsize=12)
    for axes in grid:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_axis_off()
        axes.title.set_visible(True)
    handles = [
        figure.axes[0].scatter([], [], color=color, marker=marker, label=name)
        for name, color, marker in [
            *((n, (GREY, COLORS[2])[i % 2], MARKERS[1 + i])
              for i, n in enumerate(background)), ('method', COLORS[1], 'o')
        ]
    ]
    figure.legend(handles=handles, loc='outside upper center', frameon=False,
                  ncols=len(handles), fontsize=12)
    return _pixels(figure)


def errorbar_figure(curves: Dict[str, Tuple[Sequence, Sequence, Sequence]],
                    xlabel: str,
                    ylabel: str,
                    title: str = '',
                    dashed: Sequence[str] = ()) -> np.ndarray:
    """Curves of means with bars of one standard deviation.

    Args:
        curves (dict[str, tuple]): Name -> (x, mean, std) of equal length;
            NaN as std draws no bar.
        xlabel (str): What x is.
        ylabel (str): Quantity, with its unit.
        title (str): Above the axes.
        dashed (Sequence[str]): Names of curves to compare with, in grey.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: Without a curve, or if lengths differ.
    """
    if not curves:
        raise UserError('errorbar_figure', 'curves', curves,
                        'give at least one curve')
    figure, axes = _axes(xlabel, ylabel, title, size=(8, 5))
    for i, (name, (x, mean, std)) in enumerate(curves.items()):
        if not len(x) == len(mean) == len(std):
            raise UserError('errorbar_figure', name,
                            (len(x), len(mean), len(std)),
                            'x, mean and std must have the same length')
        style = dict(_style(i), linestyle='-')
        if name in dashed:
            style.update(color=GREY, linestyle='--')
        axes.errorbar(x, mean, std, label=name, capsize=3, markersize=5,
                      linewidth=1.6, **style)
    axes.set_xticks(sorted({v for x, *_ in curves.values() for v in x}))
    axes.grid(alpha=.3)
    figure.legend(loc='outside right upper', frameon=False, fontsize=11)
    return _pixels(figure)
