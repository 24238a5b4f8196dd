#!/usr/bin/env python
"""MPI-INF-3DHP as P-STMO packs it, to an npz of MPIINF3DHPLiftingDataset.

    tools/dataset_converters/mpi_inf_3dhp.py data_test_3dhp_ori.npz
        -o 3dhp_test.npz

Read: data, either the training set, 'S1 Seq1' -> [{camera: {data_2d
(n, 17, 2) px, data_3d (n, 17, 3) mm}}, fps], or the test set, 'TS1' ->
{data_2d, data_3d, valid}; told apart by the names. These are pickles inside;
they are read by an unpickler that knows arrays, dicts, lists and numbers
only, and no pickle is written.

The files hold no cameras. A linear one is fitted to each video's points by
least squares (it finds the pixel aspect that the benchmark's calibration
states), and points that it misses by more than 3 px in the median are
refused: those are the ``univ_annot3`` of the files without "_ori", which are
scaled to one skeleton and fit no camera.
"""
import argparse
import sys

import numpy as np
from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.datasets.datasets.lifting_videos import (make_videos,
                                                          write_videos)
from flexpose_mm.datasets.plain_pickle import entry, load_object_npz
from flexpose_mm.io import check_output

MAX_ERROR = 3.  # px


def fit_camera(points: np.ndarray, pixels: np.ndarray, path: str,
               title: str) -> dict:
    """Focal lengths and centre of a linear camera.

    Args:
        points (np.ndarray): (n, K, 3) camera metres.
        pixels (np.ndarray): (n, K, 2).
        path (str): For the message.
        title (str): For the message.

    Returns:
        dict: f, c (2,) pixels.

    Raises:
        UserError: No linear camera explains the points.
    """
    rays = (points[..., :2] / points[..., 2:]).reshape(-1, 2)
    flat = pixels.reshape(-1, 2)
    f, c = np.array([np.polyfit(rays[:, i], flat[:, i], 1)
                     for i in range(2)]).T
    error = float(np.median(np.linalg.norm(f * rays + c - flat, axis=1)))
    if error > MAX_ERROR:
        raise UserError(
            path, title, round(error, 2),
            f'px from the best linear camera, more than {MAX_ERROR:g}: these '
            'are positions of a scaled skeleton; give the "_ori" file')
    return dict(f=f, c=c)


def find_videos(data: dict, path: str) -> list:
    """(subject, sequence, camera, size, arrays) of all videos."""
    found = []
    for title in sorted(data):
        if title.startswith('TS'):
            size = (2048, 2048) if title < 'TS5' else (1920, 1080)
            found.append((title, title, '0', size, data[title]))
            continue
        for camera in sorted(entry(data, path, title, 0), key=str):
            found.append((title.split(' ')[0], title.replace(' ', '/'),
                          str(camera), (2048, 2048),
                          entry(data, path, title, 0, camera)))
    return found


def read_video(video: tuple, path: str) -> tuple:
    """pixels, metres, valid of a video, checked."""
    title = f'{video[1]}, camera {video[2]}'
    pixels, points = (np.asarray(entry(video[4], path, key), np.float64)
                      for key in ('data_2d', 'data_3d'))
    if points.ndim != 3 or points.shape[1:] != (17, 3) or \
            pixels.shape != (len(points), 17, 2):
        raise UserError(path, title, (pixels.shape, points.shape),
                        'give data_2d (n, 17, 2) and data_3d (n, 17, 3)')
    if np.median(points[..., 2]) < 100:
        raise UserError(path, f'{title}: data_3d',
                        float(np.median(points[..., 2])),
                        'depths below 100: give millimetres')
    valid = np.ones(len(points), bool)
    if 'valid' in video[4]:
        valid = np.asarray(video[4]['valid']).reshape(-1) > 0
        if len(valid) != len(points):
            raise UserError(path, f'{title}: valid', len(valid),
                            f'give one value for each of {len(points)} '
                            'frames')
    return pixels, points / 1000, valid


def convert(data: dict, path: str, out: str) -> str:
    """Write the file; returns what is in it."""
    videos = find_videos(data, path)
    if not videos:
        raise UserError(path, 'data', [], 'it is empty; give the official '
                        'file')
    arrays, lens = [], []
    for video in tqdm(videos, unit='video'):
        pixels, points, valid = read_video(video, path)
        lens.append(fit_camera(points[valid], pixels[valid], path,
                               f'{video[1]}, camera {video[2]}'))
        arrays.append((pixels, points, valid))
    names = dict(
        subject=[v[0] for v in videos],
        action=[v[1].split('/')[-1] for v in videos],
        sequence=[v[1] for v in videos],
        camera=[v[2] for v in videos])
    valid = np.concatenate([a[2] for a in arrays])
    table = make_videos(
        out, None, np.array([len(a[0]) for a in arrays]),
        dict(f=np.stack([x['f'] for x in lens]),
             c=np.stack([x['c'] for x in lens]),
             wh=np.array([v[3] for v in videos])),
        names, valid=valid, joint_order='3dhp17')
    write_videos(out, table, (a[0] for a in arrays), (a[1] for a in arrays))
    return f'{len(videos)} videos, {len(valid)} frames, {valid.sum()} valid'


def main(argv=None) -> None:
    """Check, convert, write."""
    parser = argparse.ArgumentParser(description='Convert MPI-INF-3DHP')
    parser.add_argument('file', help='data_train_3dhp_ori.npz or '
                        'data_test_3dhp_ori.npz')
    parser.add_argument('-o', '--out', required=True, help='npz file')
    args = parser.parse_args(argv)
    check_output(args.out, ('.npz', ))
    data = load_object_npz(args.file, 'data')['data']
    if not isinstance(data, dict):
        raise UserError(args.file, 'data', type(data).__name__,
                        'it holds no dict of sequences; give the official '
                        'file')
    print(f'{args.out}: {convert(data, args.file, args.out)}')


if __name__ == '__main__':
    sys.exit(cli.run(main))
