#!/usr/bin/env python
"""Label a folder of images, or boxes in images, with a trained detector.

    tools/annotate.py CONFIG CHECKPOINT IMAGES -o labels.json
        [--ann-file boxes.json]

Writes COCO-keypoint JSON with confidences and a contact sheet beside it. A
killed run goes on with ``--resume`` and ends with the same file.
"""
import argparse
import sys

from flexpose_mm import cli
from flexpose_mm.annotation import annotate, detector_skeleton, init_detector
from flexpose_mm.datasets.datasets import PersonImageDataset
from flexpose_mm.io import file_hash


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Label images')
    cli.add_model(parser, 'detector')
    parser.add_argument('images', help='folder of the images')
    parser.add_argument(
        '--ann-file',
        help='COCO JSON of images and person boxes, file names relative to '
        'the folder; without it each image is taken as one person')
    parser.add_argument(
        '--whole-images',
        action='store_true',
        help='with --ann-file: take an image without a box as one person')
    parser.add_argument('-o', '--out', required=True, help='labels.json')
    parser.add_argument(
        '--sheet', help='contact sheet; default: OUT with _sheet.jpg')
    cli.add_run(parser, 32, 'persons')
    return parser.parse_args(argv)


def main(argv=None) -> None:
    """Check, build, label, write."""
    args = parse_args(argv)
    model = init_detector(args.config, args.checkpoint,
                          cli.pick_device(args.device), args.cfg_options)
    dataset = PersonImageDataset(
        args.images,
        args.ann_file,
        boxes='whole' if args.whole_images else 'refuse',
        skeleton=detector_skeleton(model))
    done = annotate(
        model,
        dataset,
        args.out,
        batch_size=args.batch_size,
        resume=args.resume,
        sheet=args.sheet,
        info=dict(checkpoint=file_hash(args.checkpoint)))
    scores = [row['score'] for row in done['annotations']]
    print(f'{args.out}: {len(scores)} persons in {len(done["images"])} '
          f'images, mean confidence {sum(scores) / len(scores):.3f}')


if __name__ == '__main__':
    sys.exit(cli.run(main))
