#!/usr/bin/env python
"""Keep of a training checkpoint what adapters need: a few megabytes.

    tools/export_prior.py work_dirs/RUN/iter_16000.pth prior.pth

The averaged generator as float16 and the description of its canvas.
"""
import argparse
import sys

import torch

from flexpose_mm import UserError, cli
from flexpose_mm.checkpoints import generator_state, read_checkpoint
from flexpose_mm.io import atomic_write


def main():
    """Read, cut down, write."""
    parser = argparse.ArgumentParser(description='Export a source prior')
    parser.add_argument('checkpoint', help='of SkeletonGAN, PriorWarmStart '
                        'or an adapter')
    parser.add_argument('out', help='the .pth file to write')
    args = parser.parse_args()
    if not args.out.endswith('.pth'):
        raise UserError('command line', 'out', args.out,
                        'give a file name that ends with .pth')
    found = read_checkpoint(args.checkpoint)
    state = {
        f'generator.{key}': value.half().contiguous()
        for key, value in generator_state(found, args.checkpoint).items()
    }
    extra = found['state_dict'].get('_extra_state')
    if extra is not None:
        state['_extra_state'] = extra
    with atomic_write(args.out) as file:
        torch.save(dict(state_dict=state), file)
    print(f'{args.out}: {sum(v.numel() for v in state.values()):,} numbers')


if __name__ == '__main__':
    sys.exit(cli.run(main))
