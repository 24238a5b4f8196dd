#!/usr/bin/env python
"""Score the poses of an annotation file by difficulty.

    tools/score_difficulty.py annotations.json -o scores.csv \
        --figure sheet.png

trains a small VAE on the poses (seconds to a minute), scores each by what
the VAE cannot reconstruct, and sorts them into bins of equal size. The
source is COCO-keypoint JSON, an .npz or .npy file, or a config whose
training set is meant.
"""
import argparse
import os.path as osp
import resource
import sys
import time

from flexpose_mm import UserError, cli
from flexpose_mm.difficulty_report import (SUFFIXES, score_difficulty,
                                           write_report)
from flexpose_mm.engine.hooks.pose_difficulty import bin_table
from flexpose_mm.io import check_output
from flexpose_mm.visualization import save_image
from flexpose_mm.visualization.difficulty import report_figure


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Score poses by difficulty')
    parser.add_argument('source', help='.json, .npz, .npy or config .py')
    parser.add_argument('-o', '--out', required=True,
                        help='scores.json or scores.csv')
    parser.add_argument('--figure', help='image file: example poses of each '
                        'bin, and the similarity of bins')
    parser.add_argument('--checkpoint', help='a trained VAE')
    parser.add_argument('--save-vae', help='.pth file for a VAE trained here')
    parser.add_argument('--num-bins', type=int, default=25)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--steps', type=int, help='training steps of the VAE')
    parser.add_argument('--skeleton', help="for the figure: 'body15', ... or "
                        "one of MMPose's metainfo files, as 'mpii'")
    parser.add_argument('--keypoints-key', default='keypoints',
                        help='array of an .npz file')
    parser.add_argument('--visible-key', help='array of an .npz file')
    return parser.parse_args(argv)


def check_args(args) -> None:
    """Refuse what could only fail after the work."""
    check_output(args.out, SUFFIXES)
    if args.figure:
        check_output(args.figure, ('.png', '.jpg', '.webp'))
    if args.save_vae:
        check_output(args.save_vae, ('.pth', ))
    if args.save_vae and args.checkpoint:
        raise UserError('command line', '--save-vae', args.save_vae,
                        'with --checkpoint none is trained; give one of them')
    if not osp.isfile(args.source):
        raise UserError('command line', 'source', args.source,
                        'no such file; correct the path')


def main(argv=None) -> None:
    """Check, score, write, draw."""
    args = parse_args(argv)
    check_args(args)
    keys = {} if args.source.endswith(('.py', '.json')) else dict(
        keypoints_key=args.keypoints_key, visible_key=args.visible_key)
    start = time.time()
    report = score_difficulty(
        args.source, skeleton=args.skeleton, checkpoint=args.checkpoint,
        vae=dict(seed=args.seed),
        train=None if args.steps is None else dict(steps=args.steps),
        num_bins=args.num_bins, save_vae=args.save_vae,
        log=lambda line: print(line, flush=True), **keys)
    write_report(args.out, report)
    print(bin_table(report.difficulty))
    if args.figure:
        save_image(report_figure(report), args.figure)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f'{args.out}: {len(report.ids)} items in '
          f'{time.time() - start:.1f} s, peak memory {peak:.0f} MiB')


if __name__ == '__main__':
    sys.exit(cli.run(main))
