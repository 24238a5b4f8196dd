#!/usr/bin/env python
"""Human3.6M as VideoPose3D packs it, to an npz of H36MLiftingDataset.

    tools/dataset_converters/h36m_lifting.py data_3d_h36m.npz
        data_2d_h36m_gt.npz -o h36m_lifting.npz [--subjects S1 S5 ...]

Read: positions_3d, a dict subject -> action -> (n, 32, 3) world metres, and
positions_2d, subject -> action -> 4 x (n, 17, 2) pixels ('gt', or a
detector's), at 50 Hz. Both are pickles inside; they are read by an unpickler
that knows arrays, dicts, lists and numbers only, and no pickle is written.
2D that is longer than 3D is cut; S11 "Directions" is left out as corrupt.

Written: the plain layout of ``lifting_videos``, uncompressed, so that
datasets map it instead of reading it (about 340 bytes per frame and camera).
"""
import argparse
import sys

import numpy as np
from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.datasets.datasets.lifting_videos import (make_videos,
                                                          write_videos)
from flexpose_mm.datasets.h36m_cameras import (CAMERA_IDS, SUBJECTS,
                                               h36m_cameras, to_camera)
from flexpose_mm.datasets.plain_pickle import entry, load_object_npz
from flexpose_mm.io import check_output
from flexpose_mm.joint_orders import to_h36m17

CORRUPT = (('S11', 'Directions'), )


def find_sequences(world: dict, screen: dict, subjects, paths) -> list:
    """(subject, action, 3D (n, 17, 3), 4 x 2D (n, 17, 2)), checked."""
    found = []
    for subject in subjects:
        for action, points in entry(world, paths[0], subject).items():
            if (subject, action) in CORRUPT:
                continue
            views = [np.asarray(view)
                     for view in entry(screen, paths[1], subject, action)]
            points = np.asarray(points)
            if points.ndim != 3 or points.shape[1:] not in ((32, 3),
                                                            (17, 3)):
                raise UserError(paths[0], f'{subject}/{action}', points.shape,
                                'give (frames, 32, 3) world metres')
            if points.shape[1] == 32:
                points = to_h36m17(points, 'h36m32')
            if len(views) != 4 or any(
                    v.shape[1:] != (17, 2) or len(v) < len(points)
                    for v in views):
                raise UserError(
                    paths[1], f'{subject}/{action}',
                    [v.shape for v in views],
                    f'give 4 views of at least {len(points)} frames of '
                    '(17, 2) pixels')
            found.append((subject, action, points, views))
    return found


def convert(sequences: list, path: str) -> int:
    """Write the sequences; returns the number of videos."""
    rigs = {s: h36m_cameras(s) for s in {q[0] for q in sequences}}
    videos = [(s, a, x, views[c], c) for s, a, x, views in sequences
              for c in range(4)]
    names = dict(
        subject=[v[0] for v in videos],
        action=[v[1].split(' ')[0] for v in videos],
        sequence=[f'{v[0]}/{v[1]}' for v in videos],
        camera=[CAMERA_IDS[v[4]] for v in videos])
    lens = {key: np.stack([rigs[v[0]][key][v[4]] for v in videos])
            for key in ('f', 'c', 'k', 'p', 'wh')}
    table = make_videos(path, None, np.array([len(v[2]) for v in videos]),
                        lens, names)
    write_videos(
        path, table, (v[3][:len(v[2])] for v in videos),
        (to_camera(x, rigs[s]['R'][c], rigs[s]['T'][c])
         for s, _, x, _, c in tqdm(videos, unit='video')))
    return len(videos)


def main(argv=None) -> None:
    """Check, convert, write."""
    parser = argparse.ArgumentParser(description='Convert Human3.6M')
    parser.add_argument('positions', help='data_3d_h36m.npz')
    parser.add_argument('keypoints', help='data_2d_h36m_gt.npz or another')
    parser.add_argument('-o', '--out', required=True, help='npz file')
    parser.add_argument('--subjects', nargs='+', default=SUBJECTS,
                        choices=SUBJECTS)
    args = parser.parse_args(argv)
    check_output(args.out, ('.npz', ))
    world = load_object_npz(args.positions, 'positions_3d')['positions_3d']
    screen = load_object_npz(args.keypoints, 'positions_2d')['positions_2d']
    sequences = find_sequences(world, screen, args.subjects,
                               (args.positions, args.keypoints))
    count = convert(sequences, args.out)
    print(f'{args.out}: {count} videos of {len(sequences)} sequences')


if __name__ == '__main__':
    sys.exit(cli.run(main))
