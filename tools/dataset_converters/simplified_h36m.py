#!/usr/bin/env python
"""Simplified Human3.6M, as released, to an npz of KeypointImageDataset.

    tools/dataset_converters/simplified_h36m.py human_images -o sh36m.npz
        [--masked FOLDER]

Layout (Zhang et al. 2018)::

    S1/WithBackground/<Activity[ n].<camera>>/<frame>.jpg   128 x 128
    S1/BackgroudMask/<same>/<frame>.png                     [sic]
    S1/Landmarks/<same>/<frame>.mat    keypoints_2d (32, 2), (row, column)

Written: keypoints (n, 32, 2) float32 image pixels (x, y), image (n,) relative
to the folder, subject (n,), action (n,) of six, sequence (n,), half (n,): 0
for the first half of a sequence's frames, which gives images, 1 for the
second, which gives unpaired poses, so that they never share a frame. Order
of joints: mapping='h36m32'. ``--masked`` also writes the images with a black
background as PNG under the same names.
"""
import argparse
import os
import os.path as osp
import sys

import cv2
import numpy as np
import scipy.io
from scipy.io.matlab import MatReadError
from tqdm import tqdm

from flexpose_mm import UserError, cli
from flexpose_mm.datasets.image_files import check_images, read_color
from flexpose_mm.io import atomic_write, check_output
from flexpose_mm.visualization import save_image

ACTIONS = ('directions', 'discussion', 'greeting', 'posing', 'waiting',
           'walking')
JOINTS, SIDE = 32, 128


def find_sequences(root: str) -> list:
    """(subject, action, folder name) of the six actions, in order."""
    found = []
    for subject in sorted(s for s in os.listdir(root) if s.startswith('S')):
        images = osp.join(root, subject, 'WithBackground')
        if not osp.isdir(images):
            continue
        for name in sorted(os.listdir(images)):
            action = name.lower().split('.')[0].split(' ')[0]
            if action in ACTIONS:
                found.append((subject, action, name))
    if not found:
        raise UserError(root, 'folder', root,
                        'no S*/WithBackground/<Activity>.<camera> in it; give '
                        'human_images as released')
    return found


def read_points(path: str) -> np.ndarray:
    """(32, 2) image pixels, (x, y), of a landmark file."""
    try:
        points = scipy.io.loadmat(path)['keypoints_2d']
    except (OSError, KeyError, ValueError, TypeError,
            MatReadError) as error:
        raise UserError(path, 'keypoints_2d', type(error).__name__,
                        'missing or damaged landmark file; restore it'
                        ) from None
    if points.shape != (JOINTS, 2):
        raise UserError(path, 'keypoints_2d.shape', points.shape,
                        f'give ({JOINTS}, 2)')
    return points[:, ::-1] * SIDE - 0.5


def convert(root: str) -> dict:
    """The arrays described above.

    Raises:
        UserError: Another layout; a missing or damaged file.
    """
    rows = []
    for subject, action, name in tqdm(find_sequences(root), unit='sequence'):
        folder = f'{subject}/WithBackground/{name}'
        frames = sorted(f for f in os.listdir(osp.join(root, folder))
                        if f.endswith('.jpg'))
        check_images([osp.join(root, folder, f) for f in frames], root)
        for i, frame in enumerate(frames):
            points = read_points(
                osp.join(root, subject, 'Landmarks', name,
                         frame[:-4] + '.mat'))
            rows.append((points, f'{folder}/{frame}', subject, action,
                         f'{subject}/{name}', int(i >= len(frames) / 2)))
    points, image, subject, action, sequence, half = zip(*rows)
    return dict(
        keypoints=np.stack(points).astype(np.float32),
        image=np.array(image),
        subject=np.array(subject),
        action=np.array(action),
        sequence=np.array(sequence),
        half=np.array(half))


def write_masked(root: str, names, out: str) -> None:
    """Images times masks as PNG; what is there already is kept."""
    for name in tqdm(names, unit='image'):
        target = osp.join(out, name)[:-4] + '.png'
        if osp.exists(target):
            continue
        mask = osp.join(root, name[:-4] + '.png').replace(
            'WithBackground', 'BackgroudMask')
        check_images([mask], root)
        kept = read_color(mask, root) > 0
        save_image(
            cv2.cvtColor(read_color(osp.join(root, name), root) * kept,
                         cv2.COLOR_BGR2RGB), target)


def main(argv=None) -> None:
    """Check, convert, write."""
    parser = argparse.ArgumentParser(description='Convert S-H3.6M')
    parser.add_argument('folder', help='human_images')
    parser.add_argument('-o', '--out', required=True, help='sh36m.npz')
    parser.add_argument('--masked', help='folder for masked images')
    args = parser.parse_args(argv)
    check_output(args.out, ('.npz', ))
    if not osp.isdir(args.folder):
        raise UserError('command line', 'folder', args.folder,
                        'no such folder; correct the path')
    arrays = convert(args.folder)
    if args.masked:
        write_masked(args.folder, arrays['image'].tolist(), args.masked)
        arrays['image'] = np.array(
            [name[:-4] + '.png' for name in arrays['image'].tolist()])
    with atomic_write(args.out) as file:
        np.savez(file, **arrays)
    print(f'{args.out}: {len(arrays["image"])} frames of '
          f'{len(set(arrays["sequence"].tolist()))} sequences')


if __name__ == '__main__':
    sys.exit(cli.run(main))
