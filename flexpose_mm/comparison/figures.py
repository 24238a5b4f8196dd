"""Pictures of a comparison, from the arrays and rows of its runs."""
import os.path as osp
from typing import Dict, List, Sequence

from ..visualization import (errorbar_figure, labelled_grid_figure,
                             save_image, tsne_panels_figure)
from .grid import CONTROLS, SOURCE, Comparison, Run, layer_label
from .store import RunFolder
from .variants import first_few_shot

#: In the curves, beside the methods.
REFERENCES = (SOURCE, 'T', 'T_star')


def write_figures(comparison: Comparison, runs: Sequence[Run], means: dict,
                  out: str) -> List[str]:
    """Write those pictures that the finished runs allow.

    Args:
        comparison (Comparison): Read by ``load_comparison``.
        runs (Sequence[Run]): All of its runs.
        means (dict): (shots, set, layers) -> (a run, column -> (mean, std)).
        out (str): Folder of the comparison.

    Returns:
        list[str]: Paths.
    """
    chosen = example_runs(comparison, runs, out)
    figures = dict(
        before_after=before_after(chosen, out),
        tsne=tsne(chosen, out),
        fd_by_shots=fd_by_shots(means),
        loss_by_layer=loss_by_layer(means))
    return [
        save_image(figure, osp.join(out, f'{name}.png'))
        for name, figure in figures.items() if figure is not None
    ]


def example_runs(comparison: Comparison, runs: Sequence[Run],
                 out: str) -> Dict[str, Run]:
    """The finished runs of one seed and number of shots, by label."""
    own = first_few_shot(comparison.base).get('n_per_class')
    shots = own if own in comparison.shots else comparison.shots[0]
    found = {}
    for run in runs:
        if run.seed == comparison.seeds[0] and run.shots == shots and \
                RunFolder(run, out).result():
            layers = layer_label(run.layers)
            found[run.method + (f', l={layers}' if layers else '')] = run
    return found


def before_after(chosen: Dict[str, Run], out: str):
    """Images of the same codes by the source and by each method."""
    chosen = dict(chosen)
    rows, target = {}, {}
    if CONTROLS in chosen:
        arrays = RunFolder(chosen.pop(CONTROLS), out).arrays()
        rows[SOURCE] = arrays['images']
        target['target (unpaired)'] = arrays['target_images']
    for label, run in chosen.items():
        rows[label] = RunFolder(run, out).arrays()['images']
    if not rows:
        return None
    return labelled_grid_figure({**rows, **target},
                                'The same codes before and after')


def tsne(chosen: Dict[str, Run], out: str):
    """Source, target and each method, in one common plane."""
    chosen = dict(chosen)
    if CONTROLS not in chosen:
        return None
    arrays = RunFolder(chosen.pop(CONTROLS), out).arrays()
    poses = {
        label: RunFolder(run, out).arrays()['poses']
        for label, run in chosen.items()
    }
    background = dict(source=arrays['poses'], target=arrays['target'])
    return tsne_panels_figure(background, poses) if poses else None


def fd_by_shots(means: dict):
    """FD against shots per class, for sets with two points at least."""
    curves = {}
    for (shots, name, layers), (run, row) in means.items():
        if run.method == CONTROLS and name not in REFERENCES:
            continue
        label = name + (f', l={layers}' if layers else '')
        curves.setdefault(label, []).append((shots, *row['FD']))
    dashed = [name for name in REFERENCES if name in curves]
    return _curves(curves, 'shots per class', 'FD in [-1, 1]', dashed)


def loss_by_layer(means: dict):
    """Reconstruction loss of tau in a single layer, against the layer."""
    curves = {}
    for (shots, name, _), (run, row) in means.items():
        if isinstance(run.layers, tuple) and len(run.layers) == 1:
            curves.setdefault((name, shots), []).append(
                (run.layers[0], *row['reconstruction']))
    several = len({shots for _, shots in curves}) > 1
    curves = {
        name + (f', {shots} per class' if several else ''): points
        for (name, shots), points in curves.items()
    }
    return _curves(curves, 'layer l of tau', 'perceptual loss on T*')


def _curves(curves: dict, xlabel: str, ylabel: str, dashed=()):
    """Points (x, mean, std) as curves; None without one of two points."""
    curves = {
        name: tuple(zip(*sorted(p for p in points if p[1] == p[1])))
        for name, points in curves.items()
    }
    curves = {k: v for k, v in curves.items() if v and len(v[0]) > 1}
    if not set(curves) - set(dashed):
        return None
    return errorbar_figure(curves, xlabel, ylabel, dashed=dashed)
