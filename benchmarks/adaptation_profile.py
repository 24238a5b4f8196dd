"""Where the time of one adaptation step goes, part by part.

    python benchmarks/adaptation_profile.py [--threads 2] [--batch-size 128]
        [--gamma VGGFeatures] [--operators] [--smoke]
"""
import argparse
import os
import sys
from collections import defaultdict
from functools import wraps

#: Name of a region -> what it is; the rest of a step comes last.
PARTS = {
    'data': 'data loading and collation',
    'codes': 'codes of the batch',
    'targets': 'features of the targets',
    'generator': 'generator, forward',
    'gamma': 'Gamma, forward',
    'loss': 'perceptual loss, forward',
    'backward': 'backward',
    'optimiser': 'optimiser',
}


def mark(owner, attribute: str, name: str) -> None:
    """Let the profiler see calls of a method as region ``name``."""
    from torch.profiler import record_function
    call = getattr(owner, attribute)

    @wraps(call)
    def marked(*args, **kwargs):
        with record_function(f'part:{name}'):
            return call(*args, **kwargs)

    setattr(owner, attribute, marked)


def mark_parts(training) -> None:
    """Name the parts of a step."""
    from flexpose_mm.models.adapters import base
    model, optim = training.model, training.optim
    mark(training, 'batch', 'data')
    mark(model, 'training_codes', 'codes')
    model.target_features = _Marked(model.target_features)
    mark(model.generator, 'forward', 'generator')
    mark(model.gamma, 'forward', 'gamma')
    mark(optim, 'backward', 'backward')
    mark(optim, 'step', 'optimiser')
    mark(optim, 'zero_grad', 'optimiser')
    if not hasattr(base.perceptual_loss, '__wrapped__'):
        mark(base, 'perceptual_loss', 'loss')


class _Marked:
    """A FeatureCache whose calls are a region."""

    def __init__(self, cache):
        self.look_up = cache
        mark(self, 'look_up', 'targets')

    def __call__(self, rows):
        return self.look_up(rows)


def profile(training, steps: int):
    """Mean milliseconds of each part, and the operators' table."""
    import torch
    from torch.profiler import ProfilerActivity, record_function
    mark_parts(training)
    training.step()
    with torch.profiler.profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(steps):
            with record_function('part:step'):
                training.step()
    spans = sorted(((e.time_range.start, e.time_range.end, e.name[5:])
                    for e in found.events() if e.name.startswith('part:')
                    and e.name != 'part:step'),
                   key=lambda span: (span[0], -span[1]))
    total, last = defaultdict(float), -1
    for start, end, name in spans:
        if start < last:  # inside another part: Gamma of the targets
            continue
        total[name] += (end - start) / steps / 1000
        last = end
    whole = sum(e.time_range.elapsed_us() for e in found.events()
                if e.name == 'part:step') / steps / 1000
    total['rest'] = whole - sum(total.values())
    total['step'] = whole
    operators = found.key_averages().table(
        sort_by='self_cpu_time_total', row_limit=12)
    return total, operators


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--batch-size', type=int, default=128)
    parser.add_argument('--steps', type=int, default=5)
    parser.add_argument('--mixtures', type=int, default=512)
    parser.add_argument('--gamma', nargs='+',
                        default=['VGGFeatures', 'RegressorFeatures'])
    parser.add_argument(
        '--operators', action='store_true', help="torch's table, too")
    parser.add_argument('--smoke', action='store_true')
    args = parser.parse_args(argv)
    if args.smoke:
        args.batch_size, args.steps, args.mixtures = 4, 1, 8
    return args


def main(argv=None) -> int:
    """Print one table per Gamma."""
    args = parse_args(argv)
    import torch

    import flexpose_mm  # noqa: F401
    from _adaptation import Training, build_dataset
    torch.set_num_threads(args.threads)
    dataset = build_dataset(args.mixtures)
    for gamma in args.gamma:
        columns, tables = [], []
        for fast in (True, False):
            training = Training(gamma, fast, dataset, args.batch_size)
            total, table = profile(training, args.steps)
            columns.append(total)
            tables.append(table)
        print(f'\n{gamma}, batch {args.batch_size}, 64 px, {args.threads} '
              f'thread(s), mean of {args.steps} steps\n')
        print('| part | ms | % | plain ms | % |\n|---|---|---|---|---|')
        for name, words in dict(PARTS, rest='rest', step='step').items():
            cells = [
                f'{c[name]:.1f} | {100 * c[name] / c["step"]:.0f}'
                for c in columns
            ]
            print(f'| {words} | {" | ".join(cells)} |', flush=True)
        if args.operators:
            print('\n'.join(tables))
    return 0


if __name__ == '__main__':
    sys.exit(main())
