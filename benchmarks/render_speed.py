"""Skeleton images per second: alpha against two other ways to draw them.

(a) RenderSkeleton, one sample at a time (OpenCV); (b) the batched alpha of
the models (torch); against (i) MMPose's PoseLocalVisualizer on a black
canvas and (ii) one anti-aliased cv2 call for each limb and joint. All draw
the same poses and skeleton; rounds alternate.

    python benchmarks/render_speed.py [--threads 2] [--rounds 7]
        [--poses 512] [--smoke]
"""
import argparse
import os
import statistics
import sys
import time

import cv2
import numpy as np

BATCH = 128


def with_transform(poses, size, skeleton):
    """RenderSkeleton, as in a pipeline."""
    from flexpose_mm.datasets import RenderSkeleton
    transform = RenderSkeleton(size, skeleton)

    def draw():
        for pose in poses:
            transform(dict(keypoints=pose[None]))

    return draw


def with_torch(poses, size, skeleton):
    """The batched alpha, uint8 or not: float32 in [-1, 1]."""
    import torch

    from flexpose_mm.rendering import render_skeletons
    batches = torch.from_numpy(poses).split(BATCH)

    @torch.no_grad()
    def draw():
        for batch in batches:
            render_skeletons(batch, None, skeleton, size)

    return draw


def with_visualizer(poses, size, skeleton):
    """MMPose's visualizer (OpenCV back end) on a black canvas."""
    from mmengine.structures import InstanceData
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    from mmpose.structures import PoseDataSample
    from mmpose.visualization import PoseLocalVisualizer
    visualizer = PoseLocalVisualizer(
        radius=max(round(size / 51), 1), line_width=max(round(size / 32), 1))
    visualizer.set_dataset_meta(parse_pose_metainfo(skeleton.metainfo))
    canvas = np.zeros((size, size, 3), np.uint8)
    pixels = (poses + 1) * (size / 2) - .5

    def draw():
        for pose in pixels:
            sample = PoseDataSample(
                pred_instances=InstanceData(
                    keypoints=pose[None],
                    keypoint_scores=np.ones((1, len(pose)), np.float32)))
            visualizer.add_datasample(
                'pose', canvas, sample, draw_gt=False)

    return draw


def with_calls(poses, size, skeleton):
    """cv2.line for each limb and cv2.circle for each joint."""
    pixels = ((poses + 1) * (size / 2) - .5).round().astype(int).tolist()
    limbs = [(a, b, tuple(int(v) for v in color))
             for (a, b), color in zip(skeleton.limbs, skeleton.colors)]
    joints = [tuple(int(v) for v in color) for color in skeleton.joint_colors]
    width, radius = max(round(size / 32), 1), max(round(size / 51), 1)

    def draw():
        for pose in pixels:
            image = np.zeros((size, size, 3), np.uint8)
            for a, b, color in limbs:
                cv2.line(image, pose[a], pose[b], color, width, cv2.LINE_AA)
            for point, color in zip(pose, joints):
                cv2.circle(image, point, radius, color, -1, cv2.LINE_AA)

    return draw


WAYS = {
    'RenderSkeleton': with_transform,
    f'alpha, batch {BATCH}': with_torch,
    "MMPose's visualizer": with_visualizer,
    'cv2 call per limb': with_calls,
}


def measure(size: int, args) -> dict:
    """Name -> images per second, median of rounds."""
    from flexpose_mm.datasets import normalize_poses
    from flexpose_mm.datasets.synthetic import make_poses
    from flexpose_mm.skeletons import BODY15
    made = make_poses('source', args.poses, seed=0)['keypoints']
    poses = normalize_poses(made)[0]
    tasks = {name: way(poses, size, BODY15) for name, way in WAYS.items()}
    seconds = {name: [] for name in tasks}
    for i in range(args.rounds + 1):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            if i:  # the first round loads what is loaded on first use
                seconds[name].append(time.perf_counter() - start)
    return {
        name: args.poses / statistics.median(found)
        for name, found in seconds.items()
    }


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--poses', type=int, default=4 * BATCH)
    parser.add_argument('--sizes', type=int, nargs='+', default=[64, 128])
    parser.add_argument('--smoke', action='store_true')
    args = parser.parse_args(argv)
    if args.smoke:
        args.rounds, args.poses = 1, 8
    return args


def main(argv=None) -> int:
    """Print the table."""
    args = parse_args(argv)
    import torch

    import flexpose_mm  # noqa: F401
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    print(f'{args.poses} poses of 15 joints, {args.threads} thread(s), '
          f'median of {args.rounds} rounds\n')
    print("| px | way | images/s | over MMPose's visualizer | over cv2 "
          'calls |')
    print('|---|---|---|---|---|')
    for size in args.sizes:
        rates = measure(size, args)
        *_, visualizer, calls = rates.values()
        for name, rate in rates.items():
            print(f'| {size} | {name} | {rate:,.0f} | '
                  f'{rate / visualizer:.2f} | {rate / calls:.2f} |')
    return 0


if __name__ == '__main__':
    sys.exit(main())
