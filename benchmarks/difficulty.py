"""Does the difficulty depend on the seed, and what does scoring cost?

    benchmarks/difficulty.py seeds ../shared/data/mpii_2d.npz --visible present
    benchmarks/difficulty.py scale -n 1000000
"""
import argparse
import resource
import time

import numpy as np
import torch
from scipy.stats import spearmanr

from flexpose_mm.apis import score_difficulty
from flexpose_mm.datasets.synthetic import make_poses
from flexpose_mm.models.vae import PoseVAE, train_pose_vae


def front_view(path: str) -> np.ndarray:
    """CMU's 3D poses from the side of the world's x axis, y down."""
    points = np.load(path)['positions']
    return np.stack([points[..., 1], -points[..., 2]], -1)


def seeds(args) -> None:
    """Spearman correlation and overlap of the hardest third."""
    source, keys = args.file, dict(visible_key=args.visible)
    if 'positions' in np.load(args.file).files:
        source, keys = front_view(args.file), {}
    scores = []
    for seed in (0, 1):
        start = time.time()
        report = score_difficulty(source, vae=dict(seed=seed), **keys)
        scores.append(report.difficulty.scores)
        print(f'seed {seed}: {len(scores[-1])} poses, '
              f'{report.difficulty.unscored} unscored, '
              f'{time.time() - start:.1f} s')
    hardest = [set(np.argsort(s)[-len(s) // 3:]) for s in scores]
    print(f'Spearman {spearmanr(*scores).statistic:.4f}, hardest third '
          f'shared {len(hardest[0] & hardest[1]) / len(hardest[0]):.3f}')


def scale(args) -> None:
    """Time and memory of scoring; training is not in it."""
    poses = make_poses('source', 20000)['keypoints']
    model = train_pose_vae(PoseVAE(15), poses, steps=200)
    poses = np.resize(poses, (args.n, 15, 2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = time.time(), time.process_time()
    scores = model.score(poses)
    seconds, busy = time.time() - start, time.process_time() - busy
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f'{len(scores)} poses in {seconds:.1f} s ({busy:.1f} s of CPU) on '
          f'{torch.get_num_threads()} thread(s), peak memory '
          f'{after / 1024:.0f} MiB, {(after - before) / 1024:.0f} MiB more '
          'than before')


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(required=True)
    part = kinds.add_parser('seeds')
    part.add_argument('file')
    part.add_argument('--visible')
    part.set_defaults(call=seeds)
    part = kinds.add_parser('scale')
    part.add_argument('-n', type=int, default=1000000)
    part.set_defaults(call=scale)
    args = parser.parse_args()
    args.call(args)


if __name__ == '__main__':
    main()
