#!/usr/bin/env python
"""LSP or LSP-extended, as released, to an npz of KeypointImageDataset.

    tools/dataset_converters/lsp.py FOLDER -o lsp.npz

FOLDER holds ``joints.mat`` and ``images/im*.jpg``. The original LSP has joints
(3, 14, 2000) with a third row that is 1 for occluded joints, whose places are
known; LSP-extended has (14, 3, 10000) with a third column that is 0 for joints
that are absent. Order of joints: mapping='lsp14'. Written: keypoints
(n, 14, 2) float32 image pixels (first pixel = 0), visible (n, 14) bool, image
(n,) relative to FOLDER, split (n,) 'train' or 'test' (LSP's halves; LSP-
extended is all 'train').
"""
import argparse
import os.path as osp
import sys

import numpy as np
import scipy.io
from scipy.io.matlab import MatReadError

from flexpose_mm import UserError, cli
from flexpose_mm.datasets.image_files import check_images
from flexpose_mm.io import atomic_write, check_output

JOINTS = 14


def read_joints(path: str):
    """(n, 14, 3) of either layout, and whether it is LSP-extended."""
    try:
        joints = scipy.io.loadmat(path)['joints']
    except (OSError, KeyError, ValueError, TypeError,
            MatReadError) as error:
        raise UserError(path, 'joints', type(error).__name__,
                        f'no joints.mat of LSP ({error}); give the folder as '
                        'released') from None
    if joints.ndim == 3 and joints.shape[:2] == (3, JOINTS):
        return joints.transpose(2, 1, 0), False
    if joints.ndim == 3 and joints.shape[:2] == (JOINTS, 3):
        return joints.transpose(2, 0, 1), True
    raise UserError(path, 'joints.shape', joints.shape,
                    'give (3, 14, n) of LSP or (14, 3, n) of LSP-extended')


def convert(folder: str) -> dict:
    """The arrays described above.

    Raises:
        UserError: No such layout, or an image is missing or damaged.
    """
    joints, extended = read_joints(osp.join(folder, 'joints.mat'))
    digits = 5 if extended else 4
    names = [f'images/im{i + 1:0{digits}d}.jpg' for i in range(len(joints))]
    check_images([osp.join(folder, name) for name in names], folder)
    third = joints[..., 2] > 0
    half = np.arange(len(joints)) < len(joints) // 2
    return dict(
        keypoints=(joints[..., :2] - 1).astype(np.float32),  # Matlab's 1
        visible=third if extended else np.ones_like(third),
        image=np.array(names),
        split=np.where(half | extended, 'train', 'test'))


def main(argv=None) -> None:
    """Check, convert, write."""
    parser = argparse.ArgumentParser(description='Convert LSP')
    parser.add_argument('folder', help='holds joints.mat and images/')
    parser.add_argument('-o', '--out', required=True, help='lsp.npz')
    args = parser.parse_args(argv)
    check_output(args.out, ('.npz', ))
    arrays = convert(args.folder)
    with atomic_write(args.out) as file:
        np.savez(file, **arrays)
    print(f'{args.out}: {len(arrays["image"])} persons')


if __name__ == '__main__':
    sys.exit(cli.run(main))
