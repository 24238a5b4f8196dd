#!/usr/bin/env python
"""KeypointGAN's evidence: detectors from unlabelled images and three banks.

    benchmarks/keypointgan.py --settings synthetic lsp --seeds 0
        [--rows direct adapted aligned] [--out work_dirs/keypointgan]
        [--report-only] [--docs FOLDER] [--poses lsp=FILE.npz]
        [--cfg-options KEY=VALUE ...]

In each setting the same images, without their labels, train three detectors:
with poses of the source (direct), with poses that FlexPose adapted to the
target by a few shots (adapted), and with poses of the target (aligned). What
a config names in ``work_dirs`` and is not there (beta, a prior, adapted
poses) is made first, by a run of its own; adapted poses are made for each
seed. Labels of the images score; the last checkpoint is judged whatever they
say. A finished run is never repeated, a killed one goes on from its
checkpoint. Each detector also labels the test images by ``tools/annotate.py``
for xtcocotools and MMPose. Writes ``table.md`` and ``results.csv`` after each
run, and at the end learning curves, error by confidence, and a sheet of
predictions for each setting.
"""
import argparse
import glob
import importlib.util
import json
import os.path as osp
import sys
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np
from _evidence import (ConfigRun, begin, carry_out, check_seeds, finish,
                       final_checkpoint, markdown, origin, write_table)
from mmengine.config import Config, DictAction
from mmpose.registry import DATASETS

from flexpose_mm import UserError, cli
from flexpose_mm.annotation import init_detector
from flexpose_mm.comparison.report import Entry, collect, publish
from flexpose_mm.comparison.run import train
from flexpose_mm.comparison.schedule import in_own_process
from flexpose_mm.comparison.store import RunFolder
from flexpose_mm.comparison.variants import SEEDED, first_few_shot, variant
from flexpose_mm.keypoint_report import (CROP, coco_truth,
                                         confidence_deciles, gap_share,
                                         joint_errors, judge_labels,
                                         label_points, mean_pose_error,
                                         on_crop, person_errors,
                                         test_detector)
from flexpose_mm.loading import nodes
from flexpose_mm.skeletons import get_skeleton
from flexpose_mm.visualization import (errorbar_figure, labelled_grid_figure,
                                       save_image)

ROOT = osp.dirname(osp.dirname(osp.abspath(__file__)))
ROWS = ('direct', 'adapted', 'aligned')
#: Setting -> config of each row.
SETTINGS = {
    setting: {row: f'configs/keypointgan/{setting}_{row}.py' for row in ROWS}
    for setting in ('synthetic', 'lsp')
}
#: Settings whose images may not be given on, not even in a sheet.
PHOTOGRAPHS = ('lsp', )
POSES = 32000  # drawn of an adapted prior, as in the paper's 33,000
MADE = 'made first'  # in place of a row
SHOWN = 12  # persons in the sheet
ERROR = 'error_crop'
#: What confidence is held against: name -> (arrays) to scores and errors.
TENTHS = dict(joints=joint_errors, persons=person_errors)
#: Columns: digits and meaning.
COLUMNS = {
    ERROR: (2, f'KeypointError: mean distance of joints in pixels of a crop '
            f'of {CROP} px; lower is better'),
    'mean_pose': (2, 'the same if each person got the mean of all labels; a '
                  'detector above it has learned nothing'),
    'gap': (1, 'percent of the gap in error_crop between direct and aligned '
            'that is closed, within a seed'),
    'error_best_flip': (2, 'the same if left and right of a whole person may '
                        'be exchanged'),
    'correct_flip': (3, 'share of persons that need no such exchange'),
    'PCK@0.1/torso': (3, 'share of joints within a tenth of neck to pelvis'),
    'PCK@0.2/torso': (3, 'within a fifth'),
    'PCK@0.1/box': (3, "within a tenth of the box's longer side (MMPose's "
                    'PCKAccuracy)'),
    'score_error_rank': (3, "Spearman's correlation of a joint's confidence "
                         'and error; -1 is best'),
    'AP': (1, 'xtcocotools, of the labels that tools/annotate.py wrote, '
           "percent; a person's scale is that of its box"),
    'AP50': (1, 'the same at an OKS of 0.5'),
    'labelled': (1, 'percent of test persons with exactly one label'),
    'read': (1, "percent of them that MMPose's CocoDataset reads"),
    'apart': (3, 'largest distance of a label from the prediction of the '
              'test, image pixels'),
    'seconds': (0, 'training')
}

# -- runs --------------------------------------------------------------------


class Plan:
    """All runs, those that others need before them.

    Args:
        args: Of the command line.
    """

    def __init__(self, args):
        self.args, self.runs = args, {}

    def add_rows(self) -> List[ConfigRun]:
        """All rows, seed by seed; returns all runs."""
        for seed in self.args.seeds:
            for setting in self.args.settings:
                for row in self.args.rows:
                    self.add_row(setting, row, seed)
        return list(self.runs.values())

    def add_row(self, setting: str, row: str, seed: int) -> None:
        """One detector, and what it needs."""
        cfg = cli.load_config(SETTINGS[setting][row], self.args.cfg_options)
        cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
        cfg.model.seed = seed
        for node in nodes(cfg._cfg_dict):
            if node.get('type') in (*SEEDED, 'PoseBankHook'):
                node['seed'] = seed
        given = self.args.poses.get(setting)
        if row == 'adapted' and given:
            for node in nodes(cfg._cfg_dict):
                if node.get('type') == 'GeneratedPoseDataset':
                    node['ann_file'] = given
        self.complete(cfg, seed)
        name = f'{setting}-{row}-s{seed}'
        self.runs[name] = ConfigRun(name, setting, row, seed, cfg)

    def complete(self, cfg: Config, seed: int) -> None:
        """Put what runs make in the place of what is missing."""
        for node in nodes(cfg._cfg_dict):
            for field in ('checkpoint', 'ann_file'):
                path = node.get(field)
                if isinstance(path, str) and path.startswith('work_dirs/') \
                        and not path.startswith(self.args.out + '/'):
                    node[field] = self.made(path, seed)

    def made(self, path: str, seed: int) -> str:
        """A file of ``work_dirs/<config>/``, or the same of a run."""
        stem, poses = path.split('/')[1], path.endswith('.npz')
        name = f'{stem}-s{seed}' if poses else stem
        folder = osp.join(self.args.out, 'runs', name)
        if not poses and osp.isfile(path) and \
                not osp.isfile(osp.join(folder, 'run.json')):
            return path
        if name not in self.runs:
            found = glob.glob(f'configs/*/{stem}.py')
            if len(found) != 1:
                raise UserError(path, 'file', path,
                                'it is not there, and no config of that name '
                                'makes it')
            cfg = self.needed(found[0], seed if poses else None)
            self.complete(cfg, seed)  # so that these runs come first
            self.runs[name] = ConfigRun(
                name, MADE, stem, seed if poses else 0, cfg,
                self.args.num if poses else 0)
        cfg = self.runs[name].cfg
        return osp.join(folder, 'poses.npz' if poses else
                        final_checkpoint(cfg))

    def needed(self, path: str, seed) -> Config:
        """The config of a run that others need; with a seed an adapter's."""
        cfg = cli.load_config(path, self.args.made_options)
        if seed is not None:
            return variant(cfg, seed, first_few_shot(cfg).n_per_class)
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        return cfg


def tool(name: str):
    """A file of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(
        f'tool_{name}', osp.join(ROOT, 'tools', f'{name}.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def execute(run: ConfigRun, out: str) -> None:
    """Train from the last checkpoint, if any; draw poses or judge; write."""
    for node in nodes(run.cfg.to_dict()):
        for field in ('checkpoint', 'ann_file'):
            path = node.get(field)
            if isinstance(path, str) and path.startswith(out) and \
                    not osp.isfile(path):
                raise UserError(run.name, field, path,
                                'the run that makes it has not been finished; '
                                'mend it first')
    folder, arrays = begin(run, out), {}
    _, row = train(run, folder)
    # training leaves a config without a test behind
    run.cfg.dump(folder.file('tested.py'))
    if run.setting != MADE:
        more, arrays = judge(run, folder, out)
        row.update(more)
    elif run.num:
        tool('generate_poses').main([
            folder.file('tested.py'),
            folder.file(final_checkpoint(run.cfg)), '-n', str(run.num), '-o',
            folder.file('poses.npz'), '--seed', str(run.seed), '--resume'
        ])
    finish(run, folder, row, arrays)


def judge(run: ConfigRun, folder: RunFolder, out: str):
    """Metrics and arrays of the last checkpoint's predictions and labels."""
    checkpoint = folder.file(final_checkpoint(run.cfg))
    model = init_detector(run.cfg, checkpoint, cli.pick_device(None))
    row, arrays = test_detector(model, run.cfg)
    dataset = DATASETS.build(run.cfg.test_dataloader.dataset)
    images, boxes, truth = coco_truth(
        dataset, osp.join(out, 'images', run.setting))
    labels = folder.file('labels.json')
    tool('annotate').main([
        folder.file('tested.py'), checkpoint, images, '--ann-file', boxes,
        '-o', labels, '--resume'
    ])
    row.update(judge_labels(labels, truth, images, dataset.skeleton))
    row['apart'] = float(np.abs(label_points(labels) - arrays['pred']).max())
    rows = np.linspace(0, len(dataset) - 1, SHOWN).astype(int)
    arrays.update(
        shown=rows, crops=np.stack([
            dataset[int(i)]['inputs'].numpy()[::-1].transpose(1, 2, 0)
            for i in rows
        ]))
    return row, arrays


# -- report ------------------------------------------------------------------


def add_gaps(entries: Sequence[Entry]) -> None:
    """``gap`` of the adapted rows, within each setting and seed."""
    found = {(e.run.setting, e.name, e.run.seed): e.row for e in entries}
    for entry in entries:
        rows = [found.get((entry.run.setting, row, entry.run.seed))
                for row in ROWS]
        if entry.name == 'adapted' and all(rows):
            entry.row['gap'] = gap_share(*(row[ERROR] for row in rows))


def lines_of(entries: Sequence[Entry],
             setting: str) -> Dict[str, List[Entry]]:
    """Row -> an entry for each seed, of the finished rows of a setting."""
    lines = {row: [e for e in entries
                   if e.run.setting == setting and e.name == row]
             for row in ROWS}
    return {row: found for row, found in lines.items() if found}


def report(args, runs: Sequence[ConfigRun], command: str,
           draw: bool = True) -> List[Entry]:
    """Write ``results.csv``, ``table.md`` and, at the end, the figures."""
    entries = collect(runs, args.out)
    rows = [e for e in entries if e.run.setting != MADE]
    if not rows:
        return entries
    add_gaps(rows)
    for entry in rows:
        entry.row['mean_pose'] = mean_pose_error(
            RunFolder(entry.run, args.out).arrays())
    blocks, pictures = [], []
    for setting in args.settings:
        lines = lines_of(rows, setting)
        if not lines:
            continue
        tenths = {(row, name): deciles(entries, args.out, errors)
                  for row, entries in lines.items()
                  for name, errors in TENTHS.items()}
        blocks += [f'## {setting}\n', markdown(lines, COLUMNS, 'bank'),
                   decile_table(tenths)]
        if draw:
            drawn = {
                name: save_image(
                    image, osp.join(args.out, f'{setting}_{name}.png'))
                for name, image in figures(lines, tenths, args.out).items()
            }
            if setting in PHOTOGRAPHS:
                drawn.pop('predictions')
            pictures += drawn.values()
    write_table(
        args.out, f'# KeypointGAN\n\n{origin(runs, args.out, command)}',
        blocks, COLUMNS, entries)
    if args.docs and draw:
        publish(args.out, pictures, args.docs)
    return entries


def deciles(entries: Sequence[Entry], out: str,
            errors: Callable) -> np.ndarray:
    """(seeds, 10, 2) mean score and mean error; ``errors`` is
    ``joint_errors`` or ``person_errors``."""
    return np.stack([
        confidence_deciles(*errors(RunFolder(e.run, out).arrays()))
        for e in entries
    ])


def decile_table(tenths: Dict[tuple, np.ndarray]) -> str:
    """Error by tenths of the confidence, mean over seeds."""
    text = [f'Mean error ({CROP}-px crop) by tenths of the confidence, the '
            'least confident first; in brackets the mean confidence. Of '
            'joints, and of persons, whose score is the mean of their '
            "joints'.\n",
            '| bank | of | ' + ' | '.join(map(str, range(1, 11))) + ' |',
            '|---' * 12 + '|']
    for names, found in tenths.items():
        cells = [f'{error:.1f} ({score:.2f})'
                 for score, error in found.mean(0)]
        text.append('| ' + ' | '.join((*names, *cells)) + ' |')
    return '\n'.join(text) + '\n'


def curve(run: ConfigRun, out: str) -> Dict[int, float]:
    """Iteration -> error at each validation; a resumed run has several
    files. The iteration is that of the training's line before: MMEngine may
    give a validation the number of the epoch."""
    found, step = {}, 0
    for path in sorted(glob.glob(
            osp.join(RunFolder(run, out).path, '*/vis_data/scalars.json'))):
        with open(path) as file:
            for line in file:
                values = json.loads(line)
                step = values.get('iter', step)
                if ERROR in values:
                    found[int(step)] = values[ERROR]
    return found


def figures(lines: Dict[str, List[Entry]], tenths: Dict[tuple, np.ndarray],
            out: str) -> Dict[str, np.ndarray]:
    """Learning curves, error by confidence, and the sheet."""
    label, points = f'mean error (px of a {CROP}-px crop)', {}
    for row, entries in lines.items():
        curves = [curve(e.run, out) for e in entries]
        steps = sorted(set.intersection(*map(set, curves)))
        if steps:
            values = np.array([[c[s] for s in steps] for c in curves])
            points[row] = steps, *mean_spread(values)
    pictures = dict(
        confidence=errorbar_figure(
            {', '.join(names): (range(1, 1 + found.shape[1]),
                                *mean_spread(found[..., 1]))
             for names, found in tenths.items()},
            'tenth, the least confident first', label),
        predictions=sheet(lines, out))
    if points:
        pictures['curves'] = errorbar_figure(points, 'iteration', label)
    return pictures


def mean_spread(values: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Mean and sample standard deviation over the first axis; NaN of one."""
    single = np.full(values.shape[1:], np.nan)
    return values.mean(0), single if len(values) < 2 else values.std(0, ddof=1)


def sheet(lines: Dict[str, List[Entry]], out: str) -> np.ndarray:
    """Test images evenly spaced in the set: the image, the truth, and what
    the first seed of each row predicts."""
    tiles = {}
    for row, entries in lines.items():
        run = entries[0].run
        skeleton = get_skeleton(run.cfg.model.alpha.get('skeleton', 'body15'))
        arrays = RunFolder(run, out).arrays()
        rows = arrays['shown']

        def drawn(points, visible):
            return np.stack([
                on_crop(image, *values, skeleton) for image, *values in zip(
                    arrays['crops'], points, visible, arrays['center'][rows],
                    arrays['scale'][rows])
            ])

        seen = arrays['visible'][rows]
        if not tiles:
            tiles['image'] = drawn(arrays['truth'][rows], 0 * seen)
            tiles['truth'] = drawn(arrays['truth'][rows], seen)
        tiles[row] = drawn(arrays['pred'][rows], np.ones_like(seen))
    return labelled_grid_figure(tiles, 'Test persons, evenly spaced')


# -- command line ------------------------------------------------------------


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Evidence for KeypointGAN')
    parser.add_argument('--settings', nargs='+', choices=list(SETTINGS),
                        default=list(SETTINGS))
    parser.add_argument('--rows', nargs='+', choices=ROWS, default=ROWS)
    parser.add_argument('--seeds', nargs='+', type=int, default=[0])
    parser.add_argument('--num', type=int, default=POSES,
                        help='poses drawn of an adapted prior')
    parser.add_argument(
        '--poses', nargs='+', action=DictAction, default={},
        metavar='SETTING=FILE',
        help='adapted poses of tools/generate_poses.py for all seeds')
    parser.add_argument('--out', default='work_dirs/keypointgan')
    parser.add_argument('--docs', help='folder for a page of the report')
    parser.add_argument('--report-only', action='store_true')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config of every row')
    parser.add_argument(
        '--made-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the configs of runs that rows need')
    args = parser.parse_args(argv)
    args.out = osp.normpath(args.out)
    check_seeds(args.seeds)
    return args


def main(argv=None, call=in_own_process) -> None:
    """Check all, run what is missing, report."""
    args = parse_args(argv)
    carry_out('keypointgan.py', argv, args, Plan(args).add_rows(), execute,
              report, call)


if __name__ == '__main__':
    sys.exit(cli.run(main))
