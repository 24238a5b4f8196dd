#!/usr/bin/env python
"""Compare adaptation methods over seeds, shots and layers.

    tools/compare_adapters.py configs/flexpose/comparisons/demo.py

Writes results.csv, table.md and figures into the output folder, and each
run into a folder of its own. Call it again after a stop: finished runs
stay, a killed one goes on from its checkpoint, a failed one is repeated.
"""
import argparse
import fnmatch
import shlex
import sys

from mmengine.config import Config

from flexpose_mm import UserError, cli
from flexpose_mm.comparison import (check_runs, expand, in_own_process,
                                    load_comparison, run_all, write_report,
                                    write_tables)


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Compare adapters')
    parser.add_argument('config', help='comparison config')
    parser.add_argument('--out', help='default: work_dirs/<config name>')
    parser.add_argument(
        '--only', metavar='PATTERN',
        help="make only the runs whose names fit, such as 'FlexPose*-s0'")
    parser.add_argument(
        '--report-only', action='store_true',
        help='make no run; write tables and figures anew')
    parser.add_argument(
        '--list', action='store_true', help='print the runs and stop')
    parser.add_argument(
        '--docs', metavar='FOLDER',
        help='write the report there, too, as a page with its pictures')
    cli.add_cfg_options(parser, 'seeds=[0,1]')
    return parser.parse_args(argv)


def choose(runs, pattern: str):
    """The runs whose names fit the pattern."""
    chosen = [r for r in runs if fnmatch.fnmatchcase(r.name, pattern)]
    if not chosen:
        raise UserError('command line', '--only', pattern,
                        f'fits none of {len(runs)} runs; --list shows them')
    return chosen


def main(argv=None, call=in_own_process) -> None:
    """Expand, check, run, report."""
    args = parse_args(argv)
    comparison = load_comparison(args.config, args.cfg_options)
    runs = expand(comparison)
    chosen = choose(runs, args.only) if args.only else runs
    if args.list:
        print('\n'.join(run.name for run in chosen))
        return
    place = Config()
    cli.set_work_dir(place, args.config, args.out)
    out = place.work_dir
    given = sys.argv[1:] if argv is None else argv
    command = shlex.join(['tools/compare_adapters.py', *given])

    def tables():  # which also refuses the remains of another comparison
        return write_tables(comparison, runs, out, command)

    done, failed = tables(), {}
    if not args.report_only:
        check_runs(chosen, args.config)
        failed = run_all(chosen, out, call, tables)
        done = tables()
    if done or not failed:
        for path in write_report(comparison, runs, out, command, args.docs):
            print(path)
        print(f'{out}/table.md')
    if failed:
        name, reason = next(iter(failed.items()))
        raise UserError(out, 'failed runs', sorted(failed),
                        f'{name}: {reason} (its failed.txt says where); the '
                        'same command repeats only these')


if __name__ == '__main__':
    sys.exit(cli.run(main))
