"""Figures as RGB uint8 arrays; no window, no global matplotlib state."""
from typing import Dict, Sequence, Tuple

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from flexpose_mm.errors import UserError
from ..evaluation.functional.checks import as_vectors, same_width, subsample

# Okabe and Ito's colours that stay apart for colour-blind readers
COLORS = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9',
          '#000000')
MARKERS = 'osD^vP*'


def _to_uint8(images) -> np.ndarray:
    """(N, 3, S, S) uint8 from float in [-1, 1] or uint8."""
    if isinstance(images, torch.Tensor):
        images = images.detach().cpu()
        if images.dtype == torch.bfloat16:
            images = images.float()
        images = images.numpy()
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[1] != 3 or not len(images):
        raise UserError('image_grid', 'images.shape', images.shape,
                        'give (N, 3, H, W) with N >= 1')
    if images.dtype == np.uint8:
        return images
    if not np.issubdtype(images.dtype, np.floating):
        raise UserError('image_grid', 'images.dtype', str(images.dtype),
                        'give uint8, or float in [-1, 1]')
    if not np.isfinite(images).all():
        raise UserError('image_grid', 'images', 'NaN or inf',
                        'give finite values in [-1, 1]')
    scaled = (images.astype(np.float32) + 1) * 127.5
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def image_grid(images, ncol: int = 8, pad: int = 2) -> np.ndarray:
    """Lay images out row by row on a white page.

    Args:
        images (torch.Tensor | np.ndarray): (N, 3, S, S) RGB, float in
            [-1, 1] (clipped) or uint8.
        ncol (int): Images in a row; fewer if there are not so many.
        pad (int): White pixels around each image.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: On a wrong shape or dtype, NaN, ncol < 1 or pad < 0.
    """
    if ncol < 1 or pad < 0:
        raise UserError('image_grid', 'ncol, pad', (ncol, pad),
                        'give ncol >= 1 and pad >= 0')
    images = _to_uint8(images).transpose(0, 2, 3, 1)
    n, height, width, _ = images.shape
    ncol = min(ncol, n)
    nrow = -(-n // ncol)
    page = np.full((nrow * (height + pad) + pad,
                    ncol * (width + pad) + pad, 3), 255, np.uint8)
    for i, image in enumerate(images):
        top = i // ncol * (height + pad) + pad
        left = i % ncol * (width + pad) + pad
        page[top:top + height, left:left + width] = image
    return page


def _pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def before_after_figure(source,
                        adapted,
                        target,
                        titles: Sequence[str] = ('Source', 'Adapted',
                                                 'Target'),
                        ncol: int = 4,
                        max_images: int = 16) -> np.ndarray:
    """Three panels: source and adapted images of the same codes, target.

    Image i of the left panel and image i of the middle one come from the
    same latent code; the target images on the right are unpaired.

    Args:
        source (torch.Tensor | np.ndarray): (N, 3, S, S) as in
            :func:`image_grid`.
        adapted (torch.Tensor | np.ndarray): (N, 3, S, S), same codes.
        target (torch.Tensor | np.ndarray): (M, 3, S, S).
        titles (Sequence[str]): Three titles.
        ncol (int): Images in a row of each panel.
        max_images (int): So many of each set are shown.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: If source and adapted differ in number, or not three
            titles are given.
    """
    if len(source) != len(adapted):
        raise UserError('before_after_figure', 'len(source), len(adapted)',
                        (len(source), len(adapted)),
                        'both must come from the same latent codes')
    if len(titles) != 3:
        raise UserError('before_after_figure', 'titles', titles,
                        'give three titles')
    grids = [
        image_grid(x[:max_images], ncol, pad=3)
        for x in (source, adapted, target)
    ]
    ratio = max(g.shape[0] / g.shape[1] for g in grids)
    figure = Figure(figsize=(12, 4 * ratio + .5), dpi=100, facecolor='white')
    for i, (grid, title) in enumerate(zip(grids, titles)):
        axes = figure.add_axes((i / 3 + .005, .01, 1 / 3 - .01, .9))
        axes.imshow(grid, interpolation='antialiased')
        axes.set_anchor('N')
        axes.set_title(title, fontsize=14)
        axes.set_axis_off()
    return _pixels(figure)


def _axes(xlabel='', ylabel='', title='', size=(7, 5)):
    figure = Figure(figsize=size, dpi=100, facecolor='white',
                    layout='constrained')
    axes = figure.add_subplot()
    axes.set_xlabel(xlabel, fontsize=12)
    axes.set_ylabel(ylabel, fontsize=12)
    axes.set_title(title, fontsize=14)
    axes.spines[['top', 'right']].set_visible(False)
    return figure, axes


def tsne_embed(poses: Dict[str, np.ndarray],
               seed: int = 0,
               max_per_set: int = 400) -> Dict[str, np.ndarray]:
    """Embed pose sets jointly in the plane by t-SNE.

    Args:
        poses (dict[str, np.ndarray]): Name -> (n, K, 2), same coordinates
            and joints.
        seed (int): Of the subsets and of the embedding.
        max_per_set (int): Larger sets are subsampled.

    Returns:
        dict[str, np.ndarray]: Name -> (n', 2).

    Raises:
        UserError: On an empty set, unequal joints, NaN, or under 5 poses.
    """
    from sklearn.manifold import TSNE  # slow to import, rarely needed
    sets = {
        name: subsample(as_vectors('tsne_figure', name, x), max_per_set, seed)
        for name, x in poses.items()
    }
    total = sum(map(len, sets.values()))
    if total < 5:
        raise UserError('tsne_figure', 'poses', total, 'give at least 5')
    first = next(iter(sets.values()))
    for value in sets.values():
        same_width('tsne_figure', first, value)
    plane = TSNE(
        init='pca', perplexity=min(30, (total - 1) / 3),
        random_state=seed).fit_transform(
            np.concatenate(list(sets.values())).astype(np.float32))
    ends = np.cumsum([len(x) for x in sets.values()])[:-1]
    return dict(zip(sets, np.split(plane, ends)))


def tsne_figure(poses: Dict[str, np.ndarray],
                seed: int = 0,
                max_per_set: int = 400,
                title: str = 't-SNE of poses') -> np.ndarray:
    """Scatter plot of :func:`tsne_embed`, whose arguments it shares.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.
    """
    figure, axes = _axes(title=title, size=(7, 6))
    for i, (name, xy) in enumerate(
            tsne_embed(poses, seed, max_per_set).items()):
        axes.scatter(
            *xy.T,
            s=16,
            alpha=.65,
            linewidths=0,
            color=COLORS[i % len(COLORS)],
            marker=MARKERS[i % len(MARKERS)],
            label=f'{name} ({len(xy)})')
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[['left', 'bottom']].set_visible(False)
    axes.legend(frameon=False, fontsize=11, markerscale=1.8,
                loc='upper left', bbox_to_anchor=(1, 1))  # yapf: disable
    return _pixels(figure)


def curves_figure(curves: Dict[str, Tuple[Sequence, Sequence]],
                  ylabel: str,
                  xlabel: str = 'iteration',
                  title: str = '',
                  log: bool = False) -> np.ndarray:
    """Curves over steps.

    Args:
        curves (dict[str, tuple]): Name -> (steps, values) of equal length.
        ylabel (str): Quantity, with its unit.
        xlabel (str): What the steps are.
        title (str): Above the axes.
        log (bool): Logarithmic values.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: Without a curve, or if steps and values differ in length.
    """
    if not curves:
        raise UserError('curves_figure', 'curves', curves,
                        'give at least one curve')
    figure, axes = _axes(xlabel, ylabel, title)
    for i, (name, (steps, values)) in enumerate(curves.items()):
        if len(steps) != len(values):
            raise UserError('curves_figure', name,
                            (len(steps), len(values)),
                            'steps and values must have the same length')
        axes.plot(
            steps,
            values,
            color=COLORS[i % len(COLORS)],
            marker=MARKERS[i % len(MARKERS)] if len(steps) <= 30 else None,
            markersize=4,
            linewidth=1.8,
            label=name)
    if log:
        axes.set_yscale('log')
    axes.grid(alpha=.3)
    axes.legend(frameon=False, fontsize=11)
    return _pixels(figure)


def bars_figure(bars: Dict[str, Sequence[float]],
                labels: Sequence,
                xlabel: str,
                ylabel: str,
                title: str = '') -> np.ndarray:
    """Bars of several models side by side over each label.

    Args:
        bars (dict[str, Sequence[float]]): Name of a model -> one value per
            label; NaN leaves a gap.
        labels (Sequence): What stands under the bars.
        xlabel (str): What the labels are.
        ylabel (str): Quantity with its unit.
        title (str): Above the axes.

    Returns:
        np.ndarray: (H, W, 3) RGB uint8.

    Raises:
        UserError: No model, no label, or unequal numbers of values.
    """
    lengths = {name: len(values) for name, values in bars.items()}
    if not bars or not len(labels) or set(lengths.values()) != {len(labels)}:
        raise UserError('bars_figure', 'number of bars', lengths,
                        f'give at least one model, each with {len(labels)} '
                        'values, one per label, and at least one label')
    figure, axes = _axes(xlabel, ylabel, title,
                         size=(max(7., .55 * len(labels)), 4.5))
    width = .8 / len(bars)
    for i, (name, values) in enumerate(bars.items()):
        place = np.arange(len(labels)) + (i - (len(bars) - 1) / 2) * width
        axes.bar(place, values, width, label=name,
                 color=COLORS[i % len(COLORS)])
    axes.margins(x=.01)
    long = max(len(str(label)) for label in labels) > 4
    axes.set_xticks(range(len(labels)), labels, rotation=45 * long,
                    ha='right' if long else 'center')
    axes.grid(axis='y', alpha=.3)
    figure.legend(frameon=False, fontsize=10, ncols=len(bars),
                  loc='outside upper center')
    return _pixels(figure)
