"""Tables of a comparison: every number of a run, mean and deviation."""
import csv
import io
import os
import os.path as osp
import shutil
import time
from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ..errors import UserError
from ..io import write_atomically
from .claims import claims_table
from .columns import COLUMNS
from .figures import write_figures
from .grid import CONTROLS, Comparison, Run, layer_label
from .store import RunFolder
from .variants import differences, first_few_shot


class Entry(NamedTuple):
    """One measured pose set of one run."""
    run: Run
    name: str
    row: Dict[str, float]


def collect(runs: Sequence[Run], out: str) -> List[Entry]:
    """Rows of all finished runs.

    Raises:
        UserError: One was made with another config.
    """
    found = []
    for run in runs:
        result = RunFolder(run, out).result()
        for name, row in (result or dict(rows={}))['rows'].items():
            found.append(Entry(run, name, row))
    return found


def grouped(entries: Sequence[Entry]) -> Dict[tuple, List[Entry]]:
    """(shots, set, layers) -> one entry for each seed; controls first."""
    groups = {}
    order = sorted(
        entries, key=lambda e: (e.run.shots, e.run.method != CONTROLS))
    for entry in order:
        key = (entry.run.shots, entry.name, layer_label(entry.run.layers))
        groups.setdefault(key, []).append(entry)
    return groups


def mean_std(entries: Sequence[Entry], column: str):
    """Mean and sample standard deviation (n - 1) of a column over seeds.

    Returns:
        tuple[float, float]: NaN for what is not there; of a single value
        the deviation is NaN.
    """
    values = [e.row[column] for e in entries if column in e.row]
    if not values:
        return float('nan'), float('nan')
    std = np.std(values, ddof=1) if len(values) > 1 else float('nan')
    return float(np.mean(values)), float(std)


def cell(mean: float, std: float, digits: int) -> str:
    """``mean ± std``, the mean alone, or nothing."""
    if np.isnan(mean):
        return ''
    text = f'{mean:,.{digits}f}'
    if not np.isnan(std) and (digits or std):
        text += f' ± {std:,.{digits}f}'
    return text


def table(entries: Sequence[Entry]) -> str:
    """Markdown: a line for each set, shots and layers."""
    columns = [c for c in COLUMNS if any(c in e.row for e in entries)]
    head = ['set', 'shots per class', 'l', 'seeds', *columns]
    lines = ['| ' + ' | '.join(head) + ' |', '|---' * len(head) + '|']
    for (shots, name, layers), group in grouped(entries).items():
        cells = [name, str(shots), layers, str(len(group))]
        cells += [cell(*mean_std(group, c), COLUMNS[c][0]) for c in columns]
        lines.append('| ' + ' | '.join(cells) + ' |')
    lines += [''] + [f'- `{c}`: {COLUMNS[c][1]}' for c in columns]
    return '\n'.join(lines)


def csv_text(entries: Sequence[Entry]) -> str:
    """One line for each measured set of each run."""
    columns = list(dict.fromkeys(c for e in entries for c in e.row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(['run', 'set', 'seed', 'shots', 'layers', *columns])
    for run, name, row in entries:
        writer.writerow([
            run.name, name, run.seed, run.shots, layer_label(run.layers),
            *(row.get(c, '') for c in columns)
        ])
    return file.getvalue()


def origin(comparison: Comparison, runs: Sequence[Run], out: str,
           command: str) -> str:
    """Where the numbers come from: command, data, seeds, code, machine."""
    done = [r for r in (RunFolder(run, out).result() for run in runs) if r]
    files = dict(item for r in done for item in r['files'].items())
    counts = {
        name: ', '.join(
            f'{value} ({n} runs)'
            for value, n in Counter(str(r[name]) for r in done).items())
        for name in ('revision', 'device', 'threads')
    }
    dates = sorted(r['date'] for r in done)
    base = comparison.base
    facts = dict(
        command=f'`{command}`',
        config=comparison.path,
        adaptation=base.filename,
        runs=f'{len(done)} of {len(runs)} finished',
        seeds=', '.join(map(str, comparison.seeds)),
        target=f'shots from `{first_few_shot(base).dataset.to_dict()}`',
        judge=f'`{base.test_evaluator.reference.to_dict()}`',
        drawn=f'{comparison.num} poses of each generator',
        files='; '.join(f'{path} (sha1 {digest})'
                        for path, digest in files.items()) or 'none',
        date=f'runs {dates[0]} to {dates[-1]}, table '
        f'{time.strftime("%Y-%m-%d %H:%M")}',
        **counts)
    return '\n'.join(f'- {name}: {value}' for name, value in facts.items())


def changes(comparison: Comparison) -> str:
    """A line for each method: all that its training has otherwise."""
    lines = []
    for name, method in comparison.methods.items():
        found = differences(comparison.base, method.cfg)
        found.pop('train_cfg.val_interval', None)  # nothing is validated
        text = ', '.join(f'`{k}={v!r}`' for k, v in found.items())
        lines.append(f'- {name}: {text or "nothing"}')
    return '\n'.join(lines)


def write_tables(comparison: Comparison, runs: Sequence[Run], out: str,
                 command: str) -> List[Entry]:
    """Write ``results.csv`` and ``table.md`` from the finished runs.

    Args:
        comparison (Comparison): Read by ``load_comparison``.
        runs (Sequence[Run]): All of its runs, finished or not.
        out (str): Folder of the comparison.
        command (str): Command line, to be quoted.

    Returns:
        list[Entry]: The rows; nothing is written if there are none.
    """
    entries = collect(runs, out)
    if not entries:
        return entries
    title = osp.splitext(osp.basename(comparison.path))[0]
    text = (f'# {title}\n\n{origin(comparison, runs, out, command)}\n\n'
            'What each method has otherwise than the adaptation:\n\n'
            f'{changes(comparison)}\n\n'
            'Mean ± sample standard deviation over seeds.\n\n'
            f'{table(entries)}\n')
    claims = claims_table(comparison.claims, grouped(entries))
    if claims:
        text += ('\n## Claims\n\nSeed by seed; confirmed where each seed is '
                 f'as expected.\n\n{claims}\n')
    write_atomically(osp.join(out, 'table.md'), text.encode())
    write_atomically(osp.join(out, 'results.csv'), csv_text(entries).encode())
    return entries


def write_report(comparison: Comparison, runs: Sequence[Run], out: str,
                 command: str, docs: Optional[str] = None) -> List[str]:
    """Write tables and figures; return the paths of the pictures.

    Args:
        comparison (Comparison): Read by ``load_comparison``.
        runs (Sequence[Run]): All of its runs, finished or not.
        out (str): Folder of the comparison.
        command (str): Command line, to be quoted.
        docs (str, optional): A folder for the same as a page to publish:
            ``README.md`` with the pictures in it, and ``results.csv``.

    Raises:
        UserError: No run is finished.
    """
    entries = write_tables(comparison, runs, out, command)
    if not entries:
        raise UserError(out, 'finished runs', 0,
                        'nothing to report; run without --report-only')
    means = {
        key: (group[0].run, {c: mean_std(group, c) for c in COLUMNS})
        for key, group in grouped(entries).items()
    }
    pictures = write_figures(comparison, runs, means, out)
    if docs is not None:
        publish(out, pictures, docs)
    return pictures


def publish(out: str, pictures: Sequence[str], docs: str) -> None:
    """Copy table and pictures of a comparison into one page."""
    os.makedirs(docs, exist_ok=True)
    for path in (*pictures, osp.join(out, 'results.csv')):
        shutil.copy(path, docs)
    with open(osp.join(out, 'table.md'), encoding='utf-8') as file:
        page = file.read()
    for path in map(osp.basename, pictures):
        page += f'\n![{osp.splitext(path)[0]}]({path})\n'
    write_atomically(osp.join(docs, 'README.md'), page.encode())
