#!/usr/bin/env python
"""Evaluate a checkpoint: MMPose's tools/test.py, and on CPU too."""
import argparse
import os
import sys

import mmengine
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from flexpose_mm import UserError, cli
from flexpose_mm.checkpoints import check_fit
from flexpose_mm.loading import leave_out_sources


class SaveMetricsHook(Hook):
    """Writes the metrics of a test run to a file."""

    def __init__(self, path: str):
        self.path = path

    def after_test_epoch(self, runner, metrics=None):
        """Write them, once."""
        if is_main_process():
            mmengine.dump(metrics, self.path)


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Evaluate a checkpoint')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--work-dir', help='where the log goes')
    parser.add_argument('--out', help='write the metrics here (.json, .yml)')
    parser.add_argument('--dump', help='write the predictions here (.pkl)')
    cli.add_cfg_options(parser, 'test_dataloader.batch_size=8')
    return cli.parse_launched(parser, argv)


def check_outputs(args) -> None:
    """Refuse what could only fail after the test has run."""
    endings = dict(out=('.json', '.yml', '.yaml'), dump=('.pkl', '.pickle'))
    for name, allowed in endings.items():
        path = getattr(args, name)
        if path is None:
            continue
        if not path.endswith(allowed):
            raise UserError('command line', f'--{name}', path,
                            f'must end in one of {", ".join(allowed)}')
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            raise UserError('command line', f'--{name}', path,
                            'its folder does not exist or is not writable')


def add_dump(cfg: Config, path: str) -> None:
    """Let MMEngine's DumpResults write the predictions."""
    metrics = cfg.test_evaluator
    if not isinstance(metrics, (list, tuple)):
        metrics = [metrics]
    cfg.test_evaluator = [
        *metrics, dict(type='DumpResults', out_file_path=path)
    ]


def main(argv=None) -> None:
    """Read, check, build, test."""
    args = parse_args(argv)
    check_outputs(args)
    cfg = cli.load_config(args.config, args.cfg_options)
    if cfg.get('test_dataloader') is None:
        raise UserError(args.config, 'test_dataloader', None,
                        'the config has no test; give one that has')
    cli.set_work_dir(cfg, args.config, args.work_dir)
    checkpoint = cli.given_checkpoint(args.checkpoint)
    if checkpoint:  # of an address, how much it holds is not known yet
        leave_out_sources(cfg.get('model'))
    cfg.load_from, cfg.resume = args.checkpoint, False
    if args.dump:
        add_dump(cfg, args.dump)
    cli.prepare_launcher(cfg, args.launcher)
    runner = Runner.from_cfg(cfg)
    if checkpoint:
        check_fit(runner.model, checkpoint, args.checkpoint)
    if args.out:
        runner.register_hook(SaveMetricsHook(args.out), 'LOWEST')
    runner.test()


if __name__ == '__main__':
    sys.exit(cli.run(main))
