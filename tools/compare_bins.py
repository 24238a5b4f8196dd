#!/usr/bin/env python
"""Draw how several models do on easy and on hard poses, side by side.

    tools/compare_bins.py regda=a.json regda_hm=b.json -o bins.png

The files are those of ``DifficultyBinMetric(out_file=...)``.
"""
import argparse
import sys

from flexpose_mm import UserError, cli
from flexpose_mm.evaluation.metrics.difficulty_bins import read_curves
from flexpose_mm.io import check_output
from flexpose_mm.visualization import save_image
from flexpose_mm.visualization.difficulty import bin_comparison_figure

LABELS = dict(
    PCK='correct joints per pose (%)',
    EvalPose='EvalPose (%)',
    error='mean error (% of the normaliser)')


def main(argv=None) -> None:
    """Read the curves, draw them, save the picture."""
    parser = argparse.ArgumentParser(description='Compare by difficulty')
    parser.add_argument('curves', nargs='+', metavar='NAME=FILE')
    parser.add_argument('-o', '--out', required=True, help='image file')
    parser.add_argument('--quantity', choices=LABELS, default='PCK')
    args = parser.parse_args(argv)
    check_output(args.out, ('.png', '.jpg', '.webp'))
    found = {}
    for entry in args.curves:
        name, equals, path = entry.partition('=')
        if not equals or name in found:
            raise UserError('command line', 'curves', entry,
                            'give NAME=FILE, each name once')
        found[name] = read_curves(path)[args.quantity]
    save_image(
        bin_comparison_figure(found, LABELS[args.quantity]), args.out)
    print(args.out)


if __name__ == '__main__':
    sys.exit(cli.run(main))
