"""What the evidence of several methods shares: runs of configs, made once,
and their table."""
import copy
import csv
import io
import os.path as osp
import shlex
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Callable, Dict, Optional, Sequence

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import init_default_scope
from mmengine.utils import import_modules_from_strings

from flexpose_mm import UserError, cli
from flexpose_mm.comparison.report import Entry, cell, mean_std
from flexpose_mm.comparison.schedule import run_all
from flexpose_mm.comparison.store import RunFolder, files_of, revision
from flexpose_mm.io import write_atomically


@dataclass(frozen=True)
class ConfigRun:
    """One training with its evaluation.

    Attributes:
        name (str): Also that of its folder.
        setting (str): Pair of source and target.
        variant (str): What is otherwise than in the setting's other runs.
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


def check_seeds(seeds: Sequence[int]) -> None:
    """Refuse what would be the same run twice, or none."""
    if min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise UserError('command line', '--seeds', seeds,
                        'give different whole numbers >= 0')


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


def begin(run: ConfigRun, out: str) -> RunFolder:
    """The run's folder, once it is known to be of this config; and its
    registries."""
    folder = RunFolder(run, out)
    folder.check()
    folder.begin()
    if run.cfg.get('custom_imports'):
        import_modules_from_strings(**run.cfg.custom_imports)
    init_default_scope(run.cfg.get('default_scope', 'mmpose'))
    return folder


def finish(run: ConfigRun, folder: RunFolder, row: Dict[str, float],
           arrays: Optional[dict] = None) -> None:
    """Write the numbers, with what they were made on."""
    folder.finish(
        dict(
            name=run.name,
            rows={run.variant: row},
            revision=revision(),
            date=time.strftime('%Y-%m-%d %H:%M'),
            device=get_device(),
            threads=torch.get_num_threads(),
            files=files_of(run.cfg)), arrays or {})


def test_config(run: ConfigRun, folder: RunFolder) -> Config:
    """For a test of the last checkpoint, and of no other."""
    cfg = copy.deepcopy(run.cfg)
    for name in ('train_cfg', 'train_dataloader', 'optim_wrapper',
                 'param_scheduler'):
        cfg[name] = None
    cfg.work_dir = folder.path
    cfg.load_from, cfg.resume = folder.file(final_checkpoint(run.cfg)), False
    cfg.experiment_name = f'test_{run.name}_{uuid.uuid4().hex[:8]}'
    cfg.custom_hooks = []
    cfg.visualizer = dict(type='Visualizer')
    return cfg


def carry_out(name: str, argv, args, runs: Sequence[ConfigRun],
              execute: Callable, report: Callable, call: Callable) -> None:
    """Make what is missing, and report after each run and at the end.

    Args:
        name (str): The benchmark's file.
        argv (Sequence | None): Its arguments, to be quoted; None: the
            process's own.
        args (Namespace): The same, parsed; ``out`` and ``report_only``.
        runs (Sequence[ConfigRun]): All of them, finished or not.
        execute (Callable): (run, out) makes one.
        report (Callable): (args, runs, command, draw=True) writes the report
            and gives the entries of finished runs.
        call (Callable): (execute, run, out), such as ``in_own_process``.

    Raises:
        UserError: A run failed, or none has been finished.
    """
    words = sys.argv[1:] if argv is None else argv
    command = shlex.join([f'benchmarks/{name}', *map(str, words)])
    failed = {}
    if not args.report_only:
        failed = run_all(
            runs, args.out, lambda _, run, out: call(execute, run, out),
            after=lambda: report(args, runs, command, draw=False))
    conclude(args.out, failed, report(args, runs, command), runs)


# -- report ------------------------------------------------------------------


def markdown(lines: Dict[str, Sequence[Entry]], columns: Dict[str, tuple],
             head: str) -> str:
    """A line for each row that has a finished run; '' without one.

    Args:
        lines (dict): Name of a row -> an entry for each finished seed.
        columns (dict): Name -> (digits, meaning).
        head (str): Above the names.
    """
    found = {name: entries for name, entries in lines.items() if entries}
    columns = {c: how for c, how in columns.items() if any(
        c in e.row for entries in found.values() for e in entries)}
    text = [f'| {head} | seeds | ' + ' | '.join(columns) + ' |',
            '|---' * (len(columns) + 2) + '|']
    for name, entries in found.items():
        cells = [str(name), str(len(entries))] + [
            cell(*mean_std(entries, c), digits)
            for c, (digits, _) in columns.items()]
        text.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(text) + '\n' if found else ''


def csv_text(entries: Sequence[Entry]) -> str:
    """One line for each finished run, with every metric."""
    columns = list(dict.fromkeys(c for e in entries for c in e.row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(['run', 'setting', 'variant', 'seed', *columns])
    for run, name, row in entries:
        writer.writerow([run.name, run.setting, name, run.seed,
                         *(row.get(c, '') for c in columns)])
    return file.getvalue()


def origin(runs: Sequence[ConfigRun], out: str, command: str) -> str:
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


def write_table(out: str, head: str, blocks: Sequence[str],
                columns: Dict[str, tuple], entries: Sequence[Entry]) -> None:
    """``table.md`` and ``results.csv``.

    Args:
        out (str): Folder.
        head (str): Title, and where the numbers come from.
        blocks (Sequence[str]): Headings and tables.
        columns (dict): Name -> (digits, meaning), explained below.
        entries (Sequence[Entry]): All of them.
    """
    text = [f'{head}\n\nMean ± sample standard deviation over seeds.\n',
            *blocks, *(f'- `{c}`: {what}' for c, (_, what) in columns.items())]
    for name, content in (('table.md', '\n'.join(text) + '\n'),
                          ('results.csv', csv_text(entries))):
        write_atomically(osp.join(out, name), content.encode())


def conclude(out: str, failed: Dict[str, str], entries: Sequence[Entry],
             runs: Sequence[ConfigRun]) -> None:
    """Say what was made.

    Raises:
        UserError: A run failed, or none has been finished.
    """
    if failed:
        raise UserError(out, 'failed runs', list(failed),
                        next(iter(failed.values())))
    if not entries:
        raise UserError(out, 'finished runs', 0,
                        'nothing to report; run without --report-only')
    print(f'{osp.join(out, "table.md")}: {len(entries)} of {len(runs)} runs')
