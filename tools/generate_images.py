#!/usr/bin/env python
"""Pictures of people in generated poses, with their labels.

    tools/render_conditions.py poses.json -o conditions/
    tools/generate_images.py SD CONTROLNET conditions/ -o people/
        --prompt 'a photo of a person' [--device cuda]

SD and CONTROLNET are local directories in diffusers' layout (Stable Diffusion
1.x or 2.x, and an "openpose" ControlNet of the same kind) with safetensors
weights. Writes pictures, labels.json (COCO keypoints) and a contact sheet; a
killed run goes on when it is started again.
"""
import argparse
import sys

from flexpose_mm import cli
from flexpose_mm.conditions import read_conditions
from flexpose_mm.image_generation import Settings, generate_images


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Pictures of given poses')
    parser.add_argument('base', help='local Stable Diffusion directory')
    parser.add_argument('controlnet', help='local ControlNet directory')
    parser.add_argument('conditions', help='of tools/render_conditions.py')
    parser.add_argument('-o', '--out', required=True, help='folder')
    parser.add_argument('-n', type=int, help='how many; default: all')
    parser.add_argument('--prompt', help='one for all pictures')
    parser.add_argument(
        '--prompts', help='.txt (lines) or .json (list): one for each')
    parser.add_argument('--negative', default='', help='negative prompt')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--steps', type=int, default=30)
    parser.add_argument('--guidance', type=float, default=7.5)
    parser.add_argument(
        '--condition-scale',
        type=float,
        default=1.,
        help='how strictly the pose is followed')
    parser.add_argument(
        '--size', type=int, help="pixels; default: the conditions'")
    parser.add_argument('--device', help="'cpu', 'cuda', 'cuda:1', ...")
    return parser.parse_args(argv)


def main(argv=None) -> None:
    """Check, draw, label, write."""
    args = parse_args(argv)
    size = args.size
    if size is None:
        size = read_conditions(args.conditions, args.n).size
    settings = Settings(args.seed, args.steps, args.guidance,
                        args.condition_scale, size, args.negative)
    done = generate_images(args.base, args.controlnet, args.conditions,
                           args.out, args.prompt, args.prompts, settings,
                           args.n, cli.pick_device(args.device))
    withheld = done['info']['withheld']
    print(f'{args.out}: {len(done["images"])} labelled pictures' +
          (f', {withheld} withheld by the safety checker' if withheld else ''))


if __name__ == '__main__':
    sys.exit(cli.run(main))
