#!/usr/bin/env python
"""Train a model from a config: MMPose's tools/train.py, and on CPU too."""
import argparse
import os.path as osp
import sys

from mmengine.config import Config
from mmengine.runner import Runner, find_latest_checkpoint

from flexpose_mm import UserError, cli
from flexpose_mm.checkpoints import check_fit


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='where logs and checkpoints go')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CKPT',
        help='go on from this checkpoint; without a path, from the latest '
        'one in the work directory')
    parser.add_argument(
        '--amp', action='store_true', help='automatic mixed precision')
    parser.add_argument(
        '--no-validate', action='store_true', help='leave out validation')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate by actual over base batch size')
    parser.add_argument('--seed', type=int, help='overrides randomness.seed')
    cli.add_cfg_options(parser, 'train_cfg.max_iters=10')
    return cli.parse_launched(parser, argv)


def enable_amp(cfg: Config) -> None:
    """Set AmpOptimWrapper for the one optimizer, or for each of several."""
    wrapper = cfg.optim_wrapper
    single = 'optimizer' in wrapper
    for entry in [wrapper] if single else wrapper.values():
        if not isinstance(entry, dict) or 'optimizer' not in entry:
            continue
        kind = entry.get('type', 'OptimWrapper')
        if kind not in ('OptimWrapper', 'AmpOptimWrapper'):
            raise UserError('--amp', 'optim_wrapper.type', kind,
                            'has no mixed-precision form; leave out --amp')
        entry['type'] = 'AmpOptimWrapper'
        entry.setdefault('loss_scale', 'dynamic')


def set_resume(cfg: Config, resume: str) -> None:
    """Find the checkpoint to go on from, and say so if there is none."""
    path = resume
    if resume == 'auto':
        path = None
        if osp.isfile(osp.join(cfg.work_dir, 'last_checkpoint')):
            path = find_latest_checkpoint(cfg.work_dir)
        if path is None:
            print(
                f'nothing to resume in {cfg.work_dir}: training starts from '
                'the beginning',
                file=sys.stderr)
            return
        if not osp.isfile(path):  # the folder was moved
            path = osp.join(cfg.work_dir, osp.basename(path))
    cfg.resume, cfg.load_from = True, path


def check_numbers(cfg: Config, where: str) -> None:
    """Refuse a seed or a length that MMEngine would stumble over."""
    seed = cfg.get('randomness', {}).get('seed')
    if seed is not None and not 0 <= seed < 2**32:
        raise UserError(where, 'randomness.seed', seed,
                        'give a whole number >= 0 and below 2**32')
    for name in ('max_iters', 'max_epochs'):
        length = (cfg.get('train_cfg') or {}).get(name, 1)
        if length < 1:
            raise UserError(where, f'train_cfg.{name}', length,
                            'give a whole number of at least 1')


def merge_args(cfg: Config, args) -> None:
    """Put the command line into the config."""
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    if args.amp:
        enable_amp(cfg)
    if args.seed is not None:
        cfg.randomness = dict(cfg.get('randomness', {}), seed=args.seed)
    if args.auto_scale_lr:
        if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
            raise UserError(args.config, 'auto_scale_lr',
                            cfg.get('auto_scale_lr'),
                            '--auto-scale-lr needs base_batch_size in it')
        cfg.auto_scale_lr.enable = True
    if args.resume is not None:
        set_resume(cfg, args.resume)


def main(argv=None) -> None:
    """Read, check, build, train."""
    args = parse_args(argv)
    cfg = cli.load_config(args.config, args.cfg_options)
    cli.set_work_dir(cfg, args.config, args.work_dir)
    merge_args(cfg, args)
    check_numbers(cfg, args.config)
    checkpoint = {}
    if cfg.get('load_from'):
        checkpoint = cli.given_checkpoint(
            cfg.load_from, '--resume' if cfg.get('resume') else 'load_from')
    cli.prepare_launcher(cfg, args.launcher)
    runner = Runner.from_cfg(cfg)
    if cfg.get('resume') and checkpoint:
        check_fit(runner.model, checkpoint, cfg.load_from)
    runner.train()


if __name__ == '__main__':
    sys.exit(cli.run(main))
