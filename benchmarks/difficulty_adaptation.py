#!/usr/bin/env python
"""RegDA and UDAPE with and without difficulty sampling, as evidence.

    benchmarks/difficulty_adaptation.py --seeds 0 1 2
        [--rows source_only regda regda_hm ...] [--report-only]
        [--out work_dirs/difficulty_adaptation] [--docs FOLDER]
        [--cfg-options KEY=VALUE ...]

Each row is a config of configs/difficulty on the embedded images. Target
labels are read when the last checkpoint of a training is tested, and choose
nothing; only ``target_labels``, which is not among the default rows, learns
from them. A finished run is never repeated, a killed one goes on from its
checkpoint. Writes ``table.md`` and ``results.csv`` after each run, and at the
end error and EvalPose by difficulty bin, bars of all rows, and a sheet of
predictions.
"""
import argparse
import copy
import os.path as osp
import sys
from dataclasses import replace
from typing import Dict, List, Sequence

import cv2
import numpy as np
from _evidence import (ConfigRun, begin, carry_out, check_seeds, finish,
                       markdown, origin, seeded, test_config, write_table)
from mmengine.config import Config, DictAction
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from flexpose_mm import cli
from flexpose_mm.comparison.report import Entry, collect, mean_std, publish
from flexpose_mm.comparison.run import train
from flexpose_mm.comparison.schedule import in_own_process
from flexpose_mm.comparison.store import RunFolder
from flexpose_mm.datasets.datasets.collect import collect_items
from flexpose_mm.evaluation.metrics.difficulty_bins import read_curves
from flexpose_mm.evaluation.metrics.eval_pose import gather_poses
from flexpose_mm.io import pixels_to_canvas
from flexpose_mm.loading import nodes
from flexpose_mm.models.vae import PoseVAE, cached_difficulty
from flexpose_mm.rendering import draw_skeleton
from flexpose_mm.visualization import (bars_figure, labelled_grid_figure,
                                       save_image)
from flexpose_mm.visualization.difficulty import bin_comparison_figure

CONFIG = 'configs/difficulty/{}_synthetic.py'
SETTING = 'synthetic'
SOURCE, BOUND = 'source_only', 'target_labels'  # neither adapts
METHODS = dict(regda='RegDA', udape='UDAPE')
SAMPLINGS = dict(hm='HM', cl='CL', random='random 33 %')
#: Name of the config -> name in tables.
ROWS = {
    SOURCE: 'source only',
    **{
        method + tail: label + what
        for method, label in METHODS.items()
        for tail, what in {
            '': '',
            **{f'_{key}': f' + {name}' for key, name in SAMPLINGS.items()}
        }.items()
    },
    BOUND: 'target labels'
}
#: Columns: digits and meaning.
COLUMNS = {
    'PCK/All': (1, 'shoulders to ankles within 5 % of the side, percent'),
    'gain': (1, 'points of it over source only of the same seed'),
    'effect': (1, 'points of it over the method without sampling'),
    'EvalPose': (1, 'agreement of joint angles, percent'),
    'EvalPose_signed': (1, 'the same of signed angles'),
    **{
        f'bins/{key}_{part}': (1, f'{what}, {part} third of the target poses')
        for key, what in (('error', 'mean error, percent of the side'),
                          ('EvalPose', 'EvalPose'))
        for part in ('easy', 'medium', 'hard')
    },
    'trainable': (0, 'parameters that learn'),
    'seconds': (0, 'training')
}
#: Quantity of the curves by bin -> what stands at its axis.
QUANTITIES = dict(error='mean error (% of the side)', EvalPose='EvalPose (%)')
SHOWN, SIDE = 10, 160  # persons in the sheet, pixels of each


# -- runs --------------------------------------------------------------------


def all_runs(args) -> List[ConfigRun]:
    """All rows, seed by seed."""
    runs = []
    full = cli.load_config(CONFIG.format('udape'), args.cfg_options)
    for seed in args.seeds:
        for row in args.rows:
            cfg = seeded(CONFIG.format(row), args.cfg_options, seed)
            cfg.ruler = dict(full.train_dataloader.dataset.source,
                             images=False, pipeline=[])
            if row in (SOURCE, BOUND):  # whatever the options say
                cfg.model.pretrain_iters = cfg.train_cfg.max_iters
            runs.append(ConfigRun(f'{row}-s{seed}', SETTING, row, seed, cfg))
    return runs


def placed(cfg: Config, out: str) -> Config:
    """A copy whose caches lie beside the runs, which all of them share."""
    cfg = copy.deepcopy(cfg)
    cfg.difficulty.update(
        cache_dir=osp.join(out, 'cache/difficulty'), figures=False)
    for node in nodes(cfg._cfg_dict):
        if node.get('type') == 'SyntheticPoseDataset':
            node.cache_dir = osp.join(out, 'cache/images')
        if node.get('type') == cfg.difficulty.type:
            node.update(cfg.difficulty)
    return cfg


def ruler(cfg: Config) -> str:
    """File of the VAE of the whole source, which bins the target's poses.

    It is the one that ``PoseDifficultyHook`` trains for hard mining.
    """
    dataset = DATASETS.build(cfg.ruler)
    args = {k: cfg.difficulty[k] for k in ('vae', 'train', 'num_bins')
            if k in cfg.difficulty}
    found = cached_difficulty(
        *collect_items(dataset), len(dataset), log=print,
        folder=cfg.difficulty.cache_dir, **args)
    return osp.join(cfg.difficulty.cache_dir, f'vae_{found.key}.pth')


class KeepPoses(Hook):
    """Keeps predictions and truth of a test, image pixels."""

    def __init__(self):
        self.rows = []

    def after_test_iter(self, runner, batch_idx, data_batch=None,
                        outputs=None) -> None:
        """Of one batch."""
        self.rows += gather_poses([sample.to_dict() for sample in outputs])

    def arrays(self) -> Dict[str, np.ndarray]:
        """pred and truth (N, K, 2) float32."""
        pred, truth, _ = (np.concatenate(part) for part in zip(*self.rows))
        return dict(pred=pred, truth=truth)


def execute(run: ConfigRun, out: str) -> None:
    """Train from the last checkpoint, if any; test the last; write."""
    folder = begin(run, out)
    put = replace(run, cfg=placed(run.cfg, out))
    _, row = train(put, folder)
    cfg = test_config(put, folder)
    cfg.test_evaluator = [
        *cfg.test_evaluator,
        dict(
            type='DifficultyBinMetric',
            checkpoint=ruler(cfg),
            num_bins=cfg.difficulty.get('num_bins', 25),
            norm_item='input',
            out_file=folder.file('bins.json'))
    ]
    runner, keep = Runner.from_cfg(cfg), KeepPoses()
    runner.register_hook(keep)
    row.update(runner.test())
    finish(run, folder, row, keep.arrays())


# -- report ------------------------------------------------------------------


def plain(row: str) -> str:
    """The row without sampling that one with sampling is compared to."""
    return row if row in (SOURCE, BOUND) else row.split('_')[0]


def add_differences(entries: Sequence[Entry]) -> None:
    """``gain`` and ``effect``, each within a seed."""
    found = {(e.name, e.run.seed): e.row['PCK/All'] for e in entries}
    for entry in entries:
        for column, base in (('gain', SOURCE), ('effect', plain(entry.name))):
            before = found.get((base, entry.run.seed))
            if base != entry.name and before is not None:
                entry.row[column] = entry.row['PCK/All'] - before


def report(args, runs: Sequence[ConfigRun], command: str,
           draw: bool = True) -> List[Entry]:
    """Write ``results.csv``, ``table.md`` and, at the end, the figures."""
    entries = collect(runs, args.out)
    if not entries:
        return entries
    add_differences(entries)
    lines = {ROWS[row]: [e for e in entries if e.name == row]
             for row in args.rows}
    write_table(
        args.out, '# RegDA, UDAPE and difficulty sampling\n\n' +
        origin(runs, args.out, command),
        [markdown(lines, COLUMNS, 'synthetic source to target')], COLUMNS,
        entries)
    if draw:
        pictures = [
            save_image(image, osp.join(args.out, f'{name}.png'))
            for name, image in figures(lines, args.out).items()
        ]
        if args.docs:
            publish(args.out, pictures, args.docs)
    return entries


def figures(lines: Dict[str, List[Entry]],
            out: str) -> Dict[str, np.ndarray]:
    """Bars of the rows, a figure by bin for each method, and the sheet."""
    lines = {name: found for name, found in lines.items() if found}
    pictures = dict(
        rows=bars_figure(
            {c: [mean_std(found, c)[0] for found in lines.values()]
             for c in ('PCK/All', 'EvalPose')}, list(lines), '', 'percent'))
    for method in METHODS:
        own = {name: found for name, found in lines.items()
               if plain(found[0].name) in (SOURCE, method)}
        if all(found[0].name == SOURCE for found in own.values()):
            continue
        for quantity, label in QUANTITIES.items():
            pictures[f'bins_{method}_{quantity}'] = bin_comparison_figure(
                {name: mean_curve(found, quantity, out)
                 for name, found in own.items()}, label)
    return dict(pictures, predictions=sheet(lines, out))


def mean_curve(entries: Sequence[Entry], quantity: str,
               out: str) -> np.ndarray:
    """A value for each bin, mean over seeds."""
    return np.mean([
        read_curves(RunFolder(e.run, out).file('bins.json'))[quantity]
        for e in entries
    ], 0)


def sheet(lines: Dict[str, List[Entry]], out: str) -> np.ndarray:
    """Predictions of each row's first seed on target persons, from easy to
    hard ones."""
    firsts = {name: found[0].run for name, found in lines.items()}
    run = next(iter(firsts.values()))
    cfg = placed(run.cfg, out)
    init_default_scope('mmpose')
    data = DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=[]))
    arrays = {name: RunFolder(r, out).arrays() for name, r in firsts.items()}
    truth = arrays[next(iter(arrays))]['truth']
    scores = PoseVAE.from_file(ruler(cfg)).score(truth)
    chosen = np.argsort(scores)[np.linspace(0, len(truth) - 1, SHOWN,
                                            dtype=int)]
    images = [data[int(i)]['img'][..., ::-1] for i in chosen]

    def drawn(poses):
        return np.stack([
            overlay(image, poses[i], truth[i], data.skeleton)
            for image, i in zip(images, chosen)
        ])

    return labelled_grid_figure(
        dict(truth=drawn(truth),
             **{name: drawn(a['pred']) for name, a in arrays.items()}),
        'Target persons, from easy to hard')


def overlay(image: np.ndarray, pose: np.ndarray, truth: np.ndarray,
            skeleton) -> np.ndarray:
    """A pose (K, 2) in pixels of an RGB image on it, cut out around the
    truth; (3, S, S) uint8."""
    low, high = truth.min(0), truth.max(0)
    side = 1.25 * (high - low).max()
    corner, zoom = (low + high - side) / 2, SIDE / side
    matrix = np.column_stack([zoom * np.eye(2), -zoom * corner])
    large = cv2.warpAffine(
        np.ascontiguousarray(image), matrix, (SIDE, SIDE),
        flags=cv2.INTER_CUBIC)
    lines = draw_skeleton(
        pixels_to_canvas((pose - corner) * zoom, SIDE), None, skeleton, SIDE)
    return np.where(lines.any(-1, keepdims=True), lines,
                    large).transpose(2, 0, 1)


# -- command line ------------------------------------------------------------


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Evidence for RegDA, UDAPE and difficulty sampling')
    parser.add_argument('--rows', nargs='+', choices=list(ROWS),
                        default=[row for row in ROWS if row != BOUND])
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument('--out', default='work_dirs/difficulty_adaptation')
    parser.add_argument('--docs', help='folder for a page of the report')
    parser.add_argument('--report-only', action='store_true')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config of every row')
    args = parser.parse_args(argv)
    check_seeds(args.seeds)
    return args


def main(argv=None, call=in_own_process) -> None:
    """Check all, run what is missing, report."""
    args = parse_args(argv)
    carry_out('difficulty_adaptation.py', argv, args, all_runs(args), execute,
              report, call)


if __name__ == '__main__':
    sys.exit(cli.run(main))
