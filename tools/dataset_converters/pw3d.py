#!/usr/bin/env python
"""3DPW's sequence files, to an npz of PW3DLiftingDataset.

    tools/dataset_converters/pw3d.py sequenceFiles/test -o 3dpw_test.npz

Read from each ``<sequence>.pkl``: jointPositions, for each person (n, 72)
SMPL's 24 joints in world metres; cam_poses (n, 4, 4), world to camera;
cam_intrinsics (3, 3); campose_valid, for each person (n,); sequence. The
pickles are read by an unpickler that knows arrays, dicts, lists and numbers
only, and none is written.

2D points are the exact projections of the joints ("ground-truth 2D"). Frames
whose camera is invalid, or in which a joint is behind the camera or more
than one image outside of it, are cut out; what is left in between are videos
of at least ``--min-frames``. Width and height are twice the principal point,
as in all of 3DPW's files.
"""
import argparse
import os
import os.path as osp
import sys

import numpy as np
from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.datasets.datasets.lifting_videos import (make_videos,
                                                          write_videos)
from flexpose_mm.datasets.plain_pickle import entry, load_plain_pickle
from flexpose_mm.io import check_output

NEAREST = .3  # metres


def read_sequence(path: str) -> dict:
    """Arrays of a sequence file, checked.

    Returns:
        dict: joints (P, n, 24, 3) world metres, valid (P, n) bool, pose
        (n, 4, 4), K (3, 3), name.
    """
    data = load_plain_pickle(path)
    pose, K = (np.asarray(entry(data, path, key), np.float64)
               for key in ('cam_poses', 'cam_intrinsics'))
    joints = [np.asarray(j, np.float64)
              for j in entry(data, path, 'jointPositions')]
    valid = [np.asarray(v).reshape(-1) > 0
             for v in entry(data, path, 'campose_valid')]
    n = len(pose)
    if pose.shape != (n, 4, 4) or K.shape != (3, 3) or any(
            j.shape != (n, 72) for j in joints) or any(
                v.shape != (n, ) for v in valid) or len(joints) != len(valid):
        raise UserError(path, 'shapes', (pose.shape, K.shape,
                                         [j.shape for j in joints]),
                        'give cam_poses (n, 4, 4), cam_intrinsics (3, 3), and '
                        '(n, 72) jointPositions for each person')
    return dict(joints=np.stack(joints).reshape(len(joints), n, 24, 3),
                valid=np.stack(valid), pose=pose, K=K,
                name=osp.splitext(osp.basename(path))[0])


def in_view(points: np.ndarray, pixels: np.ndarray,
            wh: np.ndarray) -> np.ndarray:
    """(n,) bool: every joint before the camera and near the image."""
    near = (pixels > -wh).all(-1) & (pixels < 2 * wh).all(-1)
    return ((points[..., 2] > NEAREST) & near).all(-1)


def runs(kept: np.ndarray, least: int) -> list:
    """Slices of the runs of at least ``least`` true values."""
    edges = np.flatnonzero(np.diff(np.r_[0, kept.astype(int), 0]))
    return [slice(a, b) for a, b in edges.reshape(-1, 2) if b - a >= least]


def person_videos(sequence: dict, person: int, least: int) -> list:
    """(names, camera, pixels, points) of one person's videos."""
    pose, K = sequence['pose'], sequence['K']
    points = np.einsum('nij,nkj->nki', pose[:, :3, :3],
                       sequence['joints'][person]) + pose[:, None, :3, 3]
    depth = np.where(points[..., 2:] > NEAREST, points[..., 2:], np.nan)
    f, c = K[[0, 1], [0, 1]], K[:2, 2]
    wh = np.rint(2 * c)
    pixels = points[..., :2] / depth * f + c
    with np.errstate(invalid='ignore'):
        kept = sequence['valid'][person] & in_view(points, pixels, wh)
    title = f'{sequence["name"]}/p{person}'
    return [(dict(subject=f'p{person}', action=sequence['name'],
                  sequence=f'{title}/{run.start}', camera='0'),
             dict(f=f, c=c, wh=wh), pixels[run], points[run])
            for run in runs(kept, least)]


def main(argv=None) -> None:
    """Check, convert, write."""
    parser = argparse.ArgumentParser(description='Convert 3DPW')
    parser.add_argument('folder', help='sequenceFiles/train, .../test')
    parser.add_argument('-o', '--out', required=True, help='npz file')
    parser.add_argument('--min-frames', type=int, default=9)
    args = parser.parse_args(argv)
    check_output(args.out, ('.npz', ))
    files = sorted(f for f in os.listdir(args.folder) if f.endswith('.pkl')) \
        if osp.isdir(args.folder) else []
    if not files:
        raise UserError('command line', 'folder', args.folder,
                        'no .pkl files in it; give a folder of sequenceFiles')
    videos = []
    for name in tqdm(files, unit='sequence'):
        sequence = read_sequence(osp.join(args.folder, name))
        for person in range(len(sequence['joints'])):
            videos += person_videos(sequence, person, args.min_frames)
    if not videos:
        raise UserError(args.folder, 'min_frames', args.min_frames,
                        'no person is in view for so long; lower it')
    names = {key: [v[0][key] for v in videos] for key in videos[0][0]}
    lens = {key: np.stack([v[1][key] for v in videos])
            for key in videos[0][1]}
    table = make_videos(args.out, None,
                        np.array([len(v[2]) for v in videos]), lens, names,
                        joint_order='smpl24')
    write_videos(args.out, table, (v[2] for v in videos),
                 (v[3] for v in videos))
    print(f'{args.out}: {len(videos)} videos, {table.length.sum()} frames')


if __name__ == '__main__':
    sys.exit(cli.run(main))
