#!/usr/bin/env python
"""The whole line on the embedded example, a few minutes on a laptop CPU.

12 poses of a new camera adapt the shipped prior; 4,000 new poses are drawn
before and after and measured against poses that were not used.
"""
import argparse
import os
import os.path as osp
import sys
import time

from mmengine.runner import Runner
from mmpose.registry import DATASETS

from flexpose_mm import cli
from flexpose_mm.adaptation_report import (compare_adaptation, to_canvas,
                                           write_sheet)

ROOT = osp.dirname(osp.dirname(osp.abspath(__file__)))


def parse_args():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--config',
        default='configs/demo/adapt_synthetic_12shot_transport.py')
    parser.add_argument('--out', default='demo/out')
    parser.add_argument('--num', type=int, default=4000, help='poses drawn')
    return parser.parse_args()


def main():
    """Adapt, sample, measure, draw."""
    args, start = parse_args(), time.time()
    os.chdir(ROOT)
    cfg = cli.load_config(args.config)
    cli.set_work_dir(cfg, args.config, osp.join(args.out, 'work_dir'))
    runner = Runner.from_cfg(cfg)
    runner.train()
    model = runner.model.eval()
    reference, controls = cfg.val_evaluator.reference, {}
    for name, dataset in cfg.val_evaluator.controls.items():
        controls[name] = to_canvas(DATASETS.build(dataset).poses)
    target = to_canvas(DATASETS.build(reference).poses)
    result = compare_adaptation(
        model, target, controls, args.num, coverage_samples=2000)
    sheet = write_sheet(model, result, args.out, runner.log_dir,
                        'Synthetic source -> raised camera, 12 shots')
    before, after = result['rows']['before'], result['rows']['after']
    for key in ('FD', 'MMD2'):
        print(f'{key}: {before[key]:.4f} before, {after[key]:.4f} after, '
              f'ratio {after[key] / before[key]:.3f}')
    print(f'{time.time() - start:.0f} s; look at {sheet} and '
          f'{osp.join(args.out, "report.md")}')


if __name__ == '__main__':
    sys.exit(cli.run(main))
