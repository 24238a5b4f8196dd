#!/usr/bin/env python
"""Draw generated poses as conditions for an "openpose" ControlNet.

    tools/render_conditions.py poses.json -o conditions/ [-n 100]

Writes 00000001.png ..., poses.json (COCO keypoints of the pictures) and a
contact sheet; pictures that are there are kept, so a killed run goes on.
"""
import argparse
import os.path as osp
import sys

import cv2
import numpy as np
from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.conditions import (check_size, picture_name, pose_document,
                                    render_conditions, write_labels)
from flexpose_mm.io import read_poses
from flexpose_mm.visualization import image_grid, save_image

SHEET = 32  # images on the contact sheet


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Draw ControlNet conditions')
    parser.add_argument('poses', help='of tools/generate_poses.py')
    parser.add_argument('-o', '--out', required=True, help='folder')
    parser.add_argument('-n', type=int, help='how many; default: all')
    parser.add_argument('--size', type=int, default=512, help='pixels')
    parser.add_argument(
        '--nose',
        type=float,
        default=.6,
        help='where the nose lies from neck (0) to head (1)')
    return parser.parse_args(argv)


def main(argv=None) -> None:
    """Check, draw, write."""
    args = parse_args(argv)
    if args.n is not None and args.n < 1:
        raise UserError('command line', 'n', args.n, 'give at least 1')
    file = read_poses(args.poses)
    if file.meta['skeleton'] != 'body15':
        raise UserError(args.poses, 'skeleton', file.meta['skeleton'],
                        'conditions are of people: give body15 poses')
    poses = file.keypoints[:args.n]
    numbers = range(1, len(poses) + 1)
    check_size(args.size)
    write_labels(
        args.out,
        pose_document(poses, file.scores, numbers, args.size,
                      dict(file.meta, nose=args.nose)))
    images = render_conditions(poses, args.size, args.nose)
    shown = []
    bar = tqdm(images, total=len(poses), unit='image')
    for number, image in zip(numbers, bar):
        path = osp.join(args.out, picture_name(number))
        if not osp.exists(path):
            save_image(image, path)
        if len(shown) < SHEET:
            shown.append(cv2.resize(image, (128, 128),
                                    interpolation=cv2.INTER_AREA))
    save_image(image_grid(np.stack(shown).transpose(0, 3, 1, 2)),
               osp.join(args.out, 'sheet.jpg'))
    print(f'{args.out}: {len(poses)} conditions')


if __name__ == '__main__':
    sys.exit(cli.run(main))
