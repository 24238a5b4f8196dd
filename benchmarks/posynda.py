#!/usr/bin/env python
"""PoSynDA's evidence: Table 3's rows, and Tables 6 and 7, on real motion.

    benchmarks/posynda.py --settings h36m2dhp cmu2h36m --seeds 0 1 2
        [--sweeps hypotheses rank] [--out work_dirs/posynda] [--report-only]
        [--docs FOLDER]

For each setting and seed a lifter is trained on the source; each row then
adapts it to the target's unlabelled 2D. Nothing of the target's 3D is read
before the last checkpoint is evaluated, and none is chosen by it. A finished
run is never repeated, a killed one goes on from its checkpoint. Writes
``table.md`` and ``results.csv`` after each run, and at the end figures.
"""
import argparse
import os.path as osp
import sys
from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np
from _evidence import (ConfigRun, begin, carry_out, check_seeds, finish,
                       final_checkpoint, markdown, origin, seeded,
                       test_config, write_table)
from mmengine.config import DictAction
from mmengine.runner import Runner

from flexpose_mm import UserError, cli
from flexpose_mm.comparison.report import Entry, collect, mean_std, publish
from flexpose_mm.comparison.run import train
from flexpose_mm.comparison.schedule import in_own_process
from flexpose_mm.comparison.store import RunFolder
from flexpose_mm.visualization import (bars_figure, errorbar_figure,
                                       save_image)

FOLDER = 'configs/posynda'
#: Setting -> configs of stage 1 and stage 2.
SETTINGS = {
    name: (f'{FOLDER}/source_{name}.py', f'{FOLDER}/posynda_{name}.py')
    for name in ('h36m_s1', 'h36m2dhp', 'cmu2h36m', 'cmu_wide2h36m',
                 'synthetic')
}
RANK, HYPOTHESES = 4, 3  # the paper's
RELEASED_WEIGHTS = (.1, .5)  # of the 2D error on source and target
SOURCE = 'source only'
PICTURES = dict(type='LiftingPictureHook')


class Variant(NamedTuple):
    """What of the adaptation is on; ``rank`` None trains all weights."""
    rank: Optional[int] = RANK
    bias: bool = True
    hypotheses: int = HYPOTHESES
    projection: bool = False

    @property
    def label(self) -> str:
        """Name of the run, as part of a folder."""
        parts = ['all' if self.rank is None else f'r{self.rank}']
        parts += ['bias'] * self.bias + [f'H{self.hypotheses}']
        return '-'.join(parts + ['2d'] * self.projection)

    @property
    def fields(self) -> dict:
        """Arguments of ``PoSynDAAdaptation``."""
        return dict(
            lora=None if self.rank is None else dict(rank=self.rank),
            bias=self.bias,
            hypotheses=self.hypotheses,
            projection_weights=RELEASED_WEIGHTS if self.projection else
            (0., 0.))


#: Table 3. Its rows before '+multi-hypothesis' have the teacher's single
#: hypothesis as label: the row of the bias is H = 1 of Table 6. The last row
#: is not the paper's: the released code's 2D loss on top of all of it.
ROWS = {
    SOURCE: None,
    '+F': Variant(None, False, 1),
    '+LoRA': Variant(RANK, False, 1),
    '+bias': Variant(RANK, True, 1),
    '+multi-hypothesis': Variant(),
    '+2D loss': Variant(projection=True)
}
SWEEPS = dict(
    hypotheses={h: Variant(hypotheses=h) for h in range(1, 7)},
    rank={r: Variant(rank=r) for r in range(1, 7)})
#: Columns: digits and meaning.
COLUMNS = {
    'MPJPE': (1, 'mm, root-relative, all 17 joints'),
    'removed': (1, 'percent of the source-only MPJPE of the same seed'),
    'P-MPJPE': (1, 'mm after Procrustes alignment of each frame'),
    'PCK@150mm': (1, 'percent of 14 joints nearer than 150 mm'),
    'AUC': (1, 'mean PCK over 0, 5, ..., 150 mm, percent'),
    'trainable': (0, 'parameters that learn'),
    'seconds': (0, 'training')
}


# -- runs --------------------------------------------------------------------


def setting_runs(setting: str, seed: int, variants: Sequence[Variant],
                 out: str, options: dict) -> List[ConfigRun]:
    """The source's run, then one for each variant."""
    source_path, adapt_path = SETTINGS[setting]
    cfg = seeded(source_path, options['source'], seed)
    name = f'{setting}-source-s{seed}'
    runs = [ConfigRun(name, setting, SOURCE, seed, cfg)]
    weights = osp.join(out, 'runs', name, final_checkpoint(cfg))
    for variant in variants:
        cfg = seeded(adapt_path, options['adapt'], seed)
        cfg.model.backbone.checkpoint = weights
        cfg.model.adaptation.update(variant.fields)
        runs.append(
            ConfigRun(f'{setting}-{variant.label}-s{seed}', setting,
                      variant.label, seed, cfg))
    return runs


def all_runs(args) -> List[ConfigRun]:
    """Runs of all settings, seed by seed, each variant once."""
    wanted = [ROWS[row] for row in args.rows if ROWS[row] is not None]
    for sweep in args.sweeps:
        wanted += SWEEPS[sweep].values()
    options = dict(source=args.source_options, adapt=args.adapt_options)
    return [
        run for seed in args.seeds for setting in args.settings
        for run in setting_runs(setting, seed, list(dict.fromkeys(wanted)),
                                args.out, options)
    ]


def execute(run: ConfigRun, out: str) -> None:
    """Train from the last checkpoint, if any; evaluate; write."""
    needed = run.cfg.model.backbone.get('checkpoint')
    if needed and not osp.isfile(needed):
        raise UserError(run.name, 'backbone.checkpoint', needed,
                        'the run of the source has not been finished; mend '
                        'it first')
    folder = begin(run, out)
    _, row = train(run, folder)
    row.update(evaluate(run, folder))
    finish(run, folder, row)


def evaluate(run: ConfigRun, folder: RunFolder) -> Dict[str, float]:
    """Metrics of the last checkpoint on the config's test set, with
    pictures beside the run."""
    cfg = test_config(run, folder)
    cfg.custom_hooks = [PICTURES]
    return Runner.from_cfg(cfg).test()


# -- report ------------------------------------------------------------------


class Table:
    """Finished runs by setting and variant.

    Args:
        runs (Sequence[ConfigRun]): Finished or not.
        out (str): Their folder.
    """

    def __init__(self, runs: Sequence[ConfigRun], out: str):
        self.entries = collect(runs, out)
        base = {(e.run.setting, e.run.seed): e.row['MPJPE']
                for e in self.entries if e.name == SOURCE}
        for run, name, row in self.entries:
            before = base.get((run.setting, run.seed))
            if name != SOURCE and before:
                row['removed'] = 100 * (1 - row['MPJPE'] / before)

    def find(self, setting: str,
             variant: Optional[Variant]) -> List[Entry]:
        """One entry per finished seed."""
        label = SOURCE if variant is None else variant.label
        return [e for e in self.entries
                if e.run.setting == setting and e.name == label]

    def rows(self, setting: str,
             names: Sequence[str]) -> Dict[str, List[Entry]]:
        """Entries of Table 3's rows."""
        return {name: self.find(setting, ROWS[name]) for name in names}

    def sweep(self, setting: str, name: str) -> Dict[int, List[Entry]]:
        """Entries of a sweep, of the seeds that have all of its points: else
        a curve would show seeds where it seems to show H or the rank."""
        found = {x: self.find(setting, v) for x, v in SWEEPS[name].items()}
        whole = set.intersection(*({e.run.seed for e in entries}
                                   for entries in found.values()))
        return {x: [e for e in entries if e.run.seed in whole]
                for x, entries in found.items()}


def report(args, runs: Sequence[ConfigRun], command: str,
           draw: bool = True) -> List[Entry]:
    """Write ``results.csv``, ``table.md`` and, at the end, the figures."""
    table = Table(runs, args.out)
    if not table.entries:
        return table.entries
    blocks = []
    for setting in args.settings:
        blocks.append(f'## {setting}\n')
        blocks.append(
            markdown(table.rows(setting, args.rows), COLUMNS, 'Table 3'))
        for sweep in args.sweeps:
            blocks.append(
                markdown(table.sweep(setting, sweep), COLUMNS, sweep))
    write_table(args.out, f'# PoSynDA\n\n{origin(runs, args.out, command)}',
                blocks, COLUMNS, table.entries)
    if draw:
        pictures = [
            save_image(image, osp.join(args.out, f'{name}.png'))
            for name, image in figures(args, table).items()
        ]
        if args.docs:
            publish(args.out, pictures, args.docs)
    return table.entries


def figures(args, table: Table) -> Dict[str, np.ndarray]:
    """Bars of Table 3's rows; a curve for each sweep."""
    bars = {
        setting: [mean_std(entries, 'MPJPE')[0]
                  for entries in table.rows(setting, args.rows).values()]
        for setting in args.settings
    }
    pictures = dict(
        rows=bars_figure(bars, args.rows, 'Table 3', 'MPJPE (mm)'))
    for sweep in args.sweeps:
        curves = {}
        for setting in args.settings:
            points = table.sweep(setting, sweep)
            if all(points.values()):
                curves[setting] = tuple(
                    zip(*((x, *mean_std(entries, 'MPJPE'))
                          for x, entries in points.items())))
        if curves:
            pictures[sweep] = errorbar_figure(curves, sweep, 'MPJPE (mm)')
    return pictures


# -- command line ------------------------------------------------------------


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Evidence for PoSynDA')
    parser.add_argument('--settings', nargs='+', choices=list(SETTINGS),
                        default=['h36m_s1', 'h36m2dhp', 'cmu2h36m'])
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument('--rows', nargs='+', choices=list(ROWS),
                        default=list(ROWS))
    parser.add_argument('--sweeps', nargs='*', choices=list(SWEEPS),
                        default=[])
    parser.add_argument('--out', default='work_dirs/posynda')
    parser.add_argument('--docs', help='folder for a page of the report')
    parser.add_argument('--report-only', action='store_true')
    for stage in ('source', 'adapt'):
        parser.add_argument(
            f'--{stage}-options', nargs='+', action=DictAction,
            metavar='KEY=VALUE', help=f"changes to the {stage}'s config")
    args = parser.parse_args(argv)
    check_seeds(args.seeds)
    return args


def main(argv=None, call=in_own_process) -> None:
    """Check all, run what is missing, report."""
    args = parse_args(argv)
    carry_out('posynda.py', argv, args, all_runs(args), execute, report, call)


if __name__ == '__main__':
    sys.exit(cli.run(main))
