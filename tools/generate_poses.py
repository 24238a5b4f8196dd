#!/usr/bin/env python
"""Draw poses from a trained generator or adapter and write them to a file.

    tools/generate_poses.py CONFIG CHECKPOINT -n 50000 -o poses.json

A killed run goes on with ``--resume``; the file is the same to the last byte
as that of a run that was left alone.
"""
import argparse
import resource
import sys
import time

from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.apis import init_adapter
from flexpose_mm.io import check_output, file_hash, write_poses
from flexpose_mm.models.samplers.part_file import PartFile


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Generate poses')
    cli.add_model(parser, 'adapter or GAN')
    parser.add_argument('-n', type=int, default=50000, help='how many poses')
    parser.add_argument(
        '-o', '--out', required=True, help='poses.json (COCO) or poses.npz')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--min-score',
        type=float,
        help='replace poses that beta reads with a lower mean confidence '
        '(0 to 1)')
    cli.add_run(parser, 128, 'poses (another number draws others)')
    return parser.parse_args(argv)


def check_args(args) -> str:
    """Refuse what could only fail later; return the device."""
    for name in ('n', 'batch_size'):
        if getattr(args, name) < 1:
            raise UserError('command line', name, getattr(args, name),
                            'give a whole number of at least 1')
    if args.seed < 0:
        raise UserError('command line', 'seed', args.seed,
                        'give a whole number >= 0')
    check_output(args.out)
    return cli.pick_device(args.device)


def build_sampler(args, device: str):
    """The config's model with the checkpoint's weights, as PoseSampler."""
    model = init_adapter(args.config, args.checkpoint, device,
                         args.cfg_options)
    options = dict(model.cfg.get('sampler', {}))
    if args.min_score is not None:
        options['min_score'] = args.min_score
    return model.pose_sampler(**options)


def describe(args, sampler) -> dict:
    """All that the poses depend on, as plain values."""
    return dict(
        sampler.canvas,
        seed=args.seed,
        batch_size=args.batch_size,
        checkpoint=file_hash(args.checkpoint),
        min_score=sampler.min_score,
        min_joint_score=sampler.min_joint_score,
        truncation=sampler.truncation,
        dtype=sampler.dtype)


def draw(args, sampler, part: PartFile) -> None:
    """Append the blocks that are still missing, under a progress bar."""
    done = min(part.blocks * args.batch_size, args.n)
    with tqdm(total=args.n, initial=done, unit='pose') as bar:
        batches = sampler.iter_batches(
            seed=args.seed,
            batch_size=args.batch_size,
            start_block=part.blocks)
        while bar.n < args.n:
            batch = next(batches)
            part.append(batch.keypoints.float().cpu().numpy(),
                        batch.scores.float().cpu().numpy(), batch.rejected)
            bar.set_postfix(rejected=part.rejected, refresh=False)
            bar.update(min(args.batch_size, args.n - bar.n))


def main(argv=None) -> None:
    """Check, build, draw, write."""
    args = parse_args(argv)
    device = check_args(args)
    sampler = build_sampler(args, device)
    identity = describe(args, sampler)
    part = PartFile(args.out + '.part', identity, args.batch_size,
                    sampler.skeleton.num_joints, args.resume)
    begun, start = part.blocks, time.time()
    draw(args, sampler, part)
    seconds = time.time() - start
    rejected = part.rejected_in(-(-args.n // args.batch_size))
    write_poses(args.out, args.n, lambda: part.rows(args.n),
                dict(identity, n=args.n, rejected=rejected))
    part.remove()
    new = max(args.n - begun * args.batch_size, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f'{args.out}: {args.n} poses ({new} drawn now in {seconds:.1f} s, '
          f'{new / max(seconds, 1e-9):.0f} per s), {rejected} rejected by '
          f'beta, peak memory {peak:.0f} MiB')


if __name__ == '__main__':
    sys.exit(cli.run(main))
