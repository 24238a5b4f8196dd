"""Time and memory of FD and MMD^2 of 50,000 against 100,000 poses.

Each row runs in its own process; memory is the peak resident size over that
of the process with both sets loaded and all libraries imported (baseline).
On a busy machine compare CPU seconds, not seconds.

    python benchmarks/measure_scale.py [--generated 50000]
        [--reference 100000] [--threads 1]
"""
import argparse
import multiprocessing
import resource
import sys
import threading
import time


def rss_mb() -> float:
    """Resident size of this process now, in MB (10^6 bytes)."""
    with open('/proc/self/statm') as file:
        pages = int(file.read().split()[1])
    return pages * resource.getpagesize() / 1e6


class Peak(threading.Thread):
    """Highest resident size while it runs, sampled every 5 ms.

    ru_maxrss would also count the import and the making of the data.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.value, self.stop = rss_mb(), threading.Event()

    def run(self):
        while not self.stop.wait(.005):
            self.value = max(self.value, rss_mb())


def tasks():
    """Row name -> what is measured, on (generated, reference)."""
    from flexpose_mm.evaluation import (GaussianMoments, frechet_distance,
                                        mmd2_unbiased,
                                        pose_distribution_report)

    def fd(x, y):
        a, b = GaussianMoments().update(x), GaussianMoments().update(y)
        return frechet_distance(a.mean, a.cov, b.mean, b.cov).fd

    return {
        'FD': fd,
        'MMD2, all pairs': mmd2_unbiased,
        'FD + MMD2': lambda x, y: (fd(x, y), mmd2_unbiased(x, y))[1],
        'full report (MMD2 of at most 50k, 2 kernels, coverage)':
        lambda x, y: pose_distribution_report(x, y)['FD'],
    }


def measure(name, n, m, threads, queue):
    """One row, in a fresh process."""
    import torch
    torch.set_num_threads(threads)
    from flexpose_mm.datasets.synthetic import make_poses
    from flexpose_mm.datasets import normalize_poses
    x = normalize_poses(make_poses('source', n, seed=0)['keypoints'])[0]
    y = normalize_poses(make_poses('target', m, seed=1)['keypoints'])[0]
    task = tasks()[name]
    task(x[:64], y[:64])  # load what is loaded on first use
    base, peak = rss_mb(), Peak()
    peak.start()
    start, busy = time.perf_counter(), time.process_time()
    value = task(x, y)
    seconds = time.perf_counter() - start
    busy = time.process_time() - busy
    peak.stop.set()
    peak.join()
    queue.put((value, seconds, busy, base, peak.value - base))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--generated', type=int, default=50000)
    parser.add_argument('--reference', type=int, default=100000)
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    print(f'{args.generated:,} against {args.reference:,} synthetic poses, '
          f'15 joints, {args.threads} thread(s)\n')
    print('| measure | value | s | CPU s | baseline MB | over baseline MB |')
    print('|---|---|---|---|---|---|')
    context, worst = multiprocessing.get_context('spawn'), 0
    for name in tasks():
        queue = context.SimpleQueue()
        process = context.Process(
            target=measure,
            args=(name, args.generated, args.reference, args.threads, queue))
        process.start()
        process.join()
        if process.exitcode:
            return process.exitcode
        value, seconds, busy, base, extra = queue.get()
        worst = max(worst, extra)
        print(f'| {name} | {value:.4f} | {seconds:.1f} | {busy:.1f} '
              f'| {base:.0f} | {extra:.0f} |', flush=True)
    print(f'\nAt most {worst:.0f} MB over the baseline; the limit is 1000.')
    return int(worst > 1000)


if __name__ == '__main__':
    sys.exit(main())
