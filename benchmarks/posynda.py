#!/usr/bin/env python
"""PoSynDA's evidence: Table 3's rows, and Tables 6 and 7, on real motion.

    benchmarks/posynda.py --settings h36m2dhp cmu2h36m --seeds 0 1 2
        [--sweeps hypotheses rank] [--out work_dirs/posynda] [--report-only]

For each setting and seed a lifter is trained on the source; each row then
adapts it to the target's unlabelled 2D. Nothing of the target's 3D is read
before the last checkpoint is evaluated, and none is chosen by it. A finished
run is never repeated, a killed one goes on from its checkpoint. Writes
``table.md`` and ``results.csv`` after each run, and at the end figures.
"""
import argparse
import copy
import csv
import io
import os.path as osp
import shlex
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.utils import import_modules_from_strings

from flexpose_mm import UserError, cli
from flexpose_mm.comparison.report import Entry, cell, collect, mean_std
from flexpose_mm.comparison.run import train
from flexpose_mm.comparison.schedule import in_own_process, run_all
from flexpose_mm.comparison.store import RunFolder, files_of, revision
from flexpose_mm.engine.hooks.atomic_checkpoint import write_atomically
from flexpose_mm.visualization import (bars_figure, errorbar_figure,
                                       save_image)

FOLDER = 'configs/posynda'
#: Setting -> configs of stage 1 and stage 2.
SETTINGS = {
    name: (f'{FOLDER}/source_{name}.py', f'{FOLDER}/posynda_{name}.py')
    for name in ('h36m_s1', 'h36m2dhp', 'cmu2h36m', 'synthetic')
}
RANK, HYPOTHESES = 4, 3  # the paper's
SOURCE = 'source only'
PICTURES = dict(type='LiftingPictureHook')


class Variant(NamedTuple):
    """What of the adaptation is on; ``rank`` None trains all weights."""
    rank: Optional[int] = RANK
    bias: bool = True
    hypotheses: int = HYPOTHESES

    @property
    def label(self) -> str:
        """Name of the run, as part of a folder."""
        lora = 'all' if self.rank is None else f'r{self.rank}'
        return f'{lora}{"-bias" if self.bias else ""}-H{self.hypotheses}'


#: Table 3. Its rows before the last have the teacher's single hypothesis as
#: label: the row of the bias is H = 1 of Table 6.
ROWS = {
    SOURCE: None,
    '+F': Variant(None, False, 1),
    '+LoRA': Variant(RANK, False, 1),
    '+bias': Variant(RANK, True, 1),
    '+multi-hypothesis': Variant()
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


@dataclass(frozen=True)
class LiftRun:
    """One training with its evaluation.

    Attributes:
        name (str): Also that of its folder.
        setting (str): Key of ``SETTINGS``.
        variant (str): ``Variant.label``, or ``SOURCE``.
        seed (int): Of everything random.
        cfg (Config): Complete but for ``work_dir``.
        num (int): Unused; part of the store's fingerprint.
    """
    name: str
    setting: str
    variant: str
    seed: int
    cfg: Config
    num: int = 0


# -- runs --------------------------------------------------------------------


def final_checkpoint(cfg: Config) -> str:
    """Name of the checkpoint at the end of a training."""
    loop = cfg.train_cfg
    if 'max_iters' in loop:
        return f'iter_{loop.max_iters}.pth'
    return f'epoch_{loop.max_epochs}.pth'


def seeded(path: str, options: Optional[dict], seed: int) -> Config:
    """A config with another seed and without validation: the target's labels
    are not even looked at in training."""
    cfg = cli.load_config(path, options)
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    cfg.model.seed = seed
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    return cfg


def setting_runs(setting: str, seed: int, variants: Sequence[Variant],
                 out: str, options: dict) -> List[LiftRun]:
    """The source's run, then one for each variant."""
    source_path, adapt_path = SETTINGS[setting]
    cfg = seeded(source_path, options['source'], seed)
    name = f'{setting}-source-s{seed}'
    runs = [LiftRun(name, setting, SOURCE, seed, cfg)]
    weights = osp.join(out, 'runs', name, final_checkpoint(cfg))
    for variant in variants:
        cfg = seeded(adapt_path, options['adapt'], seed)
        cfg.model.backbone.checkpoint = weights
        cfg.model.adaptation.update(
            lora=None if variant.rank is None else dict(rank=variant.rank),
            bias=variant.bias,
            hypotheses=variant.hypotheses)
        runs.append(
            LiftRun(f'{setting}-{variant.label}-s{seed}', setting,
                    variant.label, seed, cfg))
    return runs


def all_runs(args) -> List[LiftRun]:
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


def execute(run: LiftRun, out: str) -> None:
    """Train from the last checkpoint, if any; evaluate; write."""
    folder = RunFolder(run, out)
    folder.check()
    needed = run.cfg.model.backbone.get('checkpoint')
    if needed and not osp.isfile(needed):
        raise UserError(run.name, 'backbone.checkpoint', needed,
                        'the run of the source has not been finished; mend '
                        'it first')
    folder.begin()
    if run.cfg.get('custom_imports'):
        import_modules_from_strings(**run.cfg.custom_imports)
    init_default_scope(run.cfg.get('default_scope', 'mmpose'))
    _, row = train(run, folder)
    row.update(evaluate(run, folder))
    folder.finish(
        dict(
            name=run.name,
            rows={run.variant: row},
            revision=revision(),
            date=time.strftime('%Y-%m-%d %H:%M'),
            device=get_device(),
            threads=torch.get_num_threads(),
            files=files_of(run.cfg)), {})


def evaluate(run: LiftRun, folder: RunFolder) -> Dict[str, float]:
    """Metrics of the last checkpoint on the config's test set, with
    pictures beside the run."""
    cfg = copy.deepcopy(run.cfg)
    for name in ('train_cfg', 'train_dataloader', 'optim_wrapper',
                 'param_scheduler'):
        cfg[name] = None
    cfg.work_dir = folder.path
    cfg.load_from, cfg.resume = folder.file(final_checkpoint(run.cfg)), False
    cfg.experiment_name = f'test_{run.name}_{uuid.uuid4().hex[:8]}'
    cfg.custom_hooks = [PICTURES]
    cfg.visualizer = dict(type='Visualizer')
    return Runner.from_cfg(cfg).test()


# -- report ------------------------------------------------------------------


class Table:
    """Finished runs by setting and variant.

    Args:
        runs (Sequence[LiftRun]): Finished or not.
        out (str): Their folder.
    """

    def __init__(self, runs: Sequence[LiftRun], out: str):
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

    def markdown(self, setting: str, lines: Dict[str, Optional[Variant]],
                 head: str) -> str:
        """A line for each row that has a finished run; '' without one."""
        found = {name: self.find(setting, v) for name, v in lines.items()}
        found = {name: entries for name, entries in found.items() if entries}
        columns = [c for c in COLUMNS if any(
            c in e.row for entries in found.values() for e in entries)]
        text = [f'| {head} | seeds | ' + ' | '.join(columns) + ' |',
                '|---' * (len(columns) + 2) + '|']
        for name, entries in found.items():
            cells = [str(name), str(len(entries))] + [
                cell(*mean_std(entries, c), COLUMNS[c][0]) for c in columns]
            text.append('| ' + ' | '.join(cells) + ' |')
        return '\n'.join(text) + '\n' if found else ''


def csv_text(table: Table) -> str:
    """One line for each finished run, with every metric."""
    columns = list(dict.fromkeys(c for e in table.entries for c in e.row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(['run', 'setting', 'variant', 'seed', *columns])
    for run, name, row in table.entries:
        writer.writerow([run.name, run.setting, name, run.seed,
                         *(row.get(c, '') for c in columns)])
    return file.getvalue()


def origin(runs: Sequence[LiftRun], out: str, command: str) -> str:
    """Where the numbers come from."""
    done = [r for r in (RunFolder(run, out).result() for run in runs) if r]
    kinds = {name: ', '.join(sorted({str(r[name]) for r in done}))
             for name in ('revision', 'device', 'threads')}
    files = dict(item for r in done for item in r['files'].items()
                 if not item[0].endswith('.pth'))
    facts = dict(
        command=f'`{command}`', runs=f'{len(done)} of {len(runs)} finished',
        configs=', '.join(sorted({r.cfg.filename for r in runs})),
        data='; '.join(f'{k} (sha1 {v})' for k, v in files.items()) or 'none',
        **kinds)
    return '\n'.join(f'- {name}: {value}' for name, value in facts.items())


def report(args, runs: Sequence[LiftRun], command: str,
           draw: bool = True) -> Table:
    """Write ``results.csv``, ``table.md`` and, at the end, the figures."""
    table = Table(runs, args.out)
    if not table.entries:
        return table
    text = [f'# PoSynDA\n\n{origin(runs, args.out, command)}\n\n'
            'Mean ± sample standard deviation over seeds.\n']
    for setting in args.settings:
        text.append(f'## {setting}\n')
        text.append(table.markdown(setting, {r: ROWS[r] for r in args.rows},
                                   'Table 3'))
        for sweep in args.sweeps:
            text.append(table.markdown(setting, SWEEPS[sweep], sweep))
    text += [f'- `{c}`: {meaning}' for c, (_, meaning) in COLUMNS.items()]
    for name, content in (('table.md', '\n'.join(text) + '\n'),
                          ('results.csv', csv_text(table))):
        write_atomically(osp.join(args.out, name), content.encode())
    if draw:
        figures(args, table)
    return table


def figures(args, table: Table) -> None:
    """Bars of Table 3's rows; a curve for each sweep."""
    bars = {
        setting: [mean_std(table.find(setting, ROWS[r]), 'MPJPE')[0]
                  for r in args.rows] for setting in args.settings
    }
    image = bars_figure(bars, args.rows, 'Table 3', 'MPJPE (mm)')
    save_image(image, osp.join(args.out, 'rows.png'))
    for sweep in args.sweeps:
        curves = {}
        for setting in args.settings:
            points = [(x, *mean_std(table.find(setting, v), 'MPJPE'))
                      for x, v in SWEEPS[sweep].items()]
            points = [p for p in points if not np.isnan(p[1])]
            if points:
                curves[setting] = tuple(zip(*points))
        if curves:
            image = errorbar_figure(curves, sweep, 'MPJPE (mm)')
            save_image(image, osp.join(args.out, f'{sweep}.png'))


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
    parser.add_argument('--report-only', action='store_true')
    for stage in ('source', 'adapt'):
        parser.add_argument(
            f'--{stage}-options', nargs='+', action=DictAction,
            metavar='KEY=VALUE', help=f"changes to the {stage}'s config")
    args = parser.parse_args(argv)
    if min(args.seeds) < 0 or len(set(args.seeds)) < len(args.seeds):
        raise UserError('command line', '--seeds', args.seeds,
                        'give different whole numbers >= 0')
    return args


def main(argv=None, call=in_own_process) -> None:
    """Check all, run what is missing, report."""
    args = parse_args(argv)
    words = sys.argv[1:] if argv is None else argv
    command = shlex.join(['benchmarks/posynda.py', *map(str, words)])
    runs = all_runs(args)
    failed = {}
    if not args.report_only:
        failed = run_all(
            runs, args.out, lambda _, run, out: call(execute, run, out),
            after=lambda: report(args, runs, command, draw=False))
    table = report(args, runs, command)
    if failed:
        raise UserError(args.out, 'failed runs', list(failed),
                        next(iter(failed.values())))
    if not table.entries:
        raise UserError(args.out, 'finished runs', 0,
                        'nothing to report; run without --report-only')
    print(f'{osp.join(args.out, "table.md")}: {len(table.entries)} of '
          f'{len(runs)} runs')


if __name__ == '__main__':
    sys.exit(cli.run(main))
