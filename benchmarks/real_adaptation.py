"""Adapt a prior to a target several times and report mean and deviation.

Each seed draws its own shots, mixtures and codes. Rows: the generator
before and after, the shots T, their mixtures T*, and the floor, the target's
training poses against the judge's. A finished seed is not run again.

    python benchmarks/real_adaptation.py configs/flexpose/\
adapt_mpii2h36m_30shot.py --seeds 0 1 2 --out work_dirs/real [--num 10000]
"""
import argparse
import json
import os
import os.path as osp
import sys
import time

import numpy as np
from mmengine.config import DictAction
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from flexpose_mm import cli
from flexpose_mm.adaptation_report import (compare_adaptation, to_canvas,
                                           write_sheet)


def parse_args():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--out', required=True)
    parser.add_argument('--num', type=int, default=10000, help='poses drawn')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={})
    return parser.parse_args()


def thinned(poses, limit: int = 20000) -> np.ndarray:
    """At most ``limit`` poses, evenly spread, on the canvas."""
    step = -(-len(poses) // limit)
    return to_canvas(poses[::step])


def set_seed(cfg, seed: int) -> None:
    """Give every random choice of an adaptation this seed."""
    mixup = cfg.train_dataloader.dataset
    mixup.seed = mixup.dataset.seed = cfg.model.seed = seed
    cfg.randomness.seed = seed


def run_seed(args, seed: int) -> dict:
    """Adapt and measure with one seed; name -> report."""
    out = osp.join(args.out, f'seed_{seed}')
    path = osp.join(out, 'rows.json')
    if osp.exists(path):
        with open(path) as f:
            return json.load(f)
    cfg = cli.load_config(args.config, args.cfg_options)
    cfg.work_dir = out
    set_seed(cfg, seed)
    judge, floor = cfg.val_evaluator.reference, \
        cfg.val_evaluator.controls.get('floor')
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    start = time.time()
    runner = Runner.from_cfg(cfg)
    runner.train()
    seconds, model = time.time() - start, runner.model.eval()
    mixup = runner.train_dataloader.dataset
    controls = dict(T=to_canvas(mixup.shots), T_star=to_canvas(mixup.poses))
    if floor is not None:
        controls['floor'] = thinned(DATASETS.build(floor).poses)
    result = compare_adaptation(
        model,
        thinned(DATASETS.build(judge).poses),
        controls,
        args.num,
        seed,
        coverage_samples=4000)
    write_sheet(model, result, out, runner.log_dir, f'{args.config} {seed}')
    result['rows']['after']['seconds'] = seconds
    with open(path, 'w') as f:
        json.dump(result['rows'], f, indent=1)
    return result['rows']


def table(runs) -> str:
    """Markdown: mean and standard deviation over seeds of each row."""
    keys = ('FD', 'MMD2', 'MMD2_median', 'var_ratio', 'coverage', 'density')
    lines = ['| set | ' + ' | '.join(keys) + ' |', '|---' * 7 + '|']
    for name in runs[0]:
        cells = []
        for key in keys:
            values = np.array([run[name][key] for run in runs])
            cells.append(f'{values.mean():.4f} ± {values.std(ddof=0):.4f}')
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def main():
    """Run all seeds and print the table."""
    args = parse_args()
    os.makedirs(args.out, exist_ok=True)
    runs = [run_seed(args, seed) for seed in args.seeds]
    text = table(runs)
    with open(osp.join(args.out, 'table.md'), 'w') as f:
        f.write(text + '\n')
    print(text)
    if 'floor' in runs[0]:
        for key in ('FD', 'MMD2'):
            s, a, f = (np.mean([r[n][key] for r in runs])
                       for n in ('before', 'after', 'floor'))
            print(f'{key}: {100 * (s - a) / (s - f):.0f} % of the distance '
                  'between source and floor closed')


if __name__ == '__main__':
    sys.exit(cli.run(main))
