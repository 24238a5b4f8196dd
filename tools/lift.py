#!/usr/bin/env python
"""Lift 2D keypoints of videos to 3D poses with a trained PoSynDALifter.

    tools/lift.py CONFIG CHECKPOINT predictions/video.json -o video_3d.json
        --joints coco17 --image-size 1920 1080

Reads MMPose's predictions, COCO keypoint JSON and npz. Of many sequences each
result is written when it is made; a killed run goes on with ``--resume``.
"""
import argparse
import sys

from flexpose_mm import cli
from flexpose_mm.io import file_hash
from flexpose_mm.lifting import INPUT_ORDERS, init_lifter, lift_files


def _person(text: str):
    return int(text) if text.isdigit() else text


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Lift 2D keypoints to 3D')
    cli.add_model(parser, 'lifter')
    parser.add_argument(
        'sources',
        nargs='+',
        help="MMPose's predictions of a video (.json), a folder of them with "
        'one .json per image, COCO keypoint .json, or .npz with keypoints '
        '(F, J, 2)')
    parser.add_argument(
        '-o', '--out', required=True,
        help='.json or .npz for one sequence, else a folder')
    parser.add_argument(
        '--format', choices=['json', 'npz'], default='json',
        help='of the files in a folder')
    parser.add_argument(
        '--image-size', type=int, nargs=2, metavar=('W', 'H'),
        help='pixels of the video; needed unless the file tells')
    parser.add_argument(
        '--joints', choices=sorted(INPUT_ORDERS),
        help='order of the keypoints; needed unless the file names them')
    parser.add_argument(
        '--camera', type=float, nargs='+', metavar='NUMBER',
        help='fx fy cx cy [k1 k2 k3 p1 p2] in pixels; with it the place of '
        'the person is written, too; needed where hypotheses are chosen by '
        'their projection')
    parser.add_argument(
        '--person', type=_person, default='only',
        help="'only' (one person per frame), 'follow' (begin with the most "
        'confident one), or a track_id')
    parser.add_argument(
        '--missing', choices=['refuse', 'interpolate'], default='refuse',
        help='what to do with NaN and keypoints of too low confidence')
    parser.add_argument(
        '--min-score', type=float, default=0.,
        help='keypoints of this confidence or less are missing')
    parser.add_argument(
        '--short', choices=['refuse', 'repeat'], default='refuse',
        help="what to do with sequences shorter than the lifter's clips")
    parser.add_argument(
        '--animation', choices=['gif', 'mp4'],
        help='moving picture beside each result')
    cli.add_run(parser, 8, 'clips')
    return parser.parse_args(argv)


def main(argv=None) -> None:
    """Check, build, lift, write."""
    args = parse_args(argv)
    model = init_lifter(args.config, args.checkpoint,
                        cli.pick_device(args.device), args.cfg_options)
    written = list(
        lift_files(
            model,
            args.sources,
            args.out,
            f'.{args.format}',
            args.resume,
            args.animation,
            dict(
                checkpoint=file_hash(args.checkpoint),
                cfg_options=args.cfg_options),
            image_size=args.image_size and tuple(args.image_size),
            camera=args.camera and tuple(args.camera),
            joints=args.joints,
            person=args.person,
            missing=args.missing,
            short=args.short,
            min_score=args.min_score,
            batch_size=args.batch_size))
    print(f'{args.out}: {len(written)} sequences lifted now')


if __name__ == '__main__':
    sys.exit(cli.run(main))
