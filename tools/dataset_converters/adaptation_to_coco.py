#!/usr/bin/env python
"""Bring a data set of the adaptation benchmarks to COCO-keypoint JSON.

    tools/dataset_converters/adaptation_to_coco.py surreal SURREAL \
        -o data/adaptation

writes surreal_train.json and surreal_test.json (lsp.json for LSP), which
configs/difficulty reads. Images stay where they are; only the crops of RHD's
right hands are written, mirrored.
"""
import argparse
import os
import os.path as osp
import sys

from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.datasets.adaptation_sets import READERS, write_records
from flexpose_mm.io import check_output


def main(argv=None) -> None:
    """Read each split and write its file."""
    parser = argparse.ArgumentParser(description='Convert a data set')
    parser.add_argument('dataset', choices=READERS)
    parser.add_argument('root', help='folder that it was unpacked to')
    parser.add_argument('-o', '--out', required=True, help='folder')
    parser.add_argument(
        '--shoulders', choices=('collar', 'joint'), default='collar',
        help="SURREAL: SMPL's collars as published, or its shoulders")
    args = parser.parse_args(argv)
    if not osp.isdir(args.root):
        raise UserError('command line', 'root', args.root, 'no such folder')
    if args.shoulders != 'collar' and args.dataset != 'surreal':
        raise UserError('command line', '--shoulders', args.shoulders,
                        'only SURREAL has this choice; leave it out')
    reader, splits, metainfo = READERS[args.dataset]
    options = dict(shoulders=args.shoulders) \
        if args.dataset == 'surreal' else {}
    os.makedirs(args.out, exist_ok=True)
    for split in splits:
        name = args.dataset if split == 'all' else f'{args.dataset}_{split}'
        path = osp.join(args.out, f'{name}.json')
        check_output(path, ('.json', ))
        records = tqdm(reader(args.root, split, **options), unit='image')
        print(f'{path}: {write_records(path, records, metainfo)} items')


if __name__ == '__main__':
    sys.exit(cli.run(main))
