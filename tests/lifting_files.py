"""Files for lifting datasets, made of the synthetic persons in motion."""
import itertools
import zlib

import numpy as np

from flexpose_mm.datasets.synthetic.lifting import make_h36m17_sequences
from flexpose_mm.joint_orders import from_h36m17


def bodies(videos=2, frames=40, domain='source', seed=0):
    """Synthetic videos in the order 'h36m17'.

    Returns:
        dict: keypoints (V, T, 17, 2) px of 1000 px images, positions
        (V, T, 17, 3) camera metres, f, c (V, 2) px, R (V, 3, 3), T (V, 3).
    """
    made = make_h36m17_sequences(domain, videos, frames, seed, 10.)
    return dict(keypoints=made['keypoints'], positions=made['keypoints_3d'],
                **{k: made['camera'][k] for k in 'fcRT'})


def plain(videos=2, frames=40, order='h36m17', **changes):
    """Arrays of the plain layout; a value of None takes an array away."""
    body = bodies(videos, frames)
    arrays = dict(
        keypoints_2d=body['keypoints'].reshape(-1, 17, 2),
        positions=body['positions'].reshape(-1, 17, 3),
        video_length=np.full(videos, frames),
        subject=np.array([f'S{v}' for v in range(videos)]),
        action=np.array(['Walk'] * videos),
        sequence=np.array([f'S{v}/Walk' for v in range(videos)]),
        camera=np.array(['0'] * videos),
        cam_f=body['f'],
        cam_c=body['c'],
        cam_wh=np.full((videos, 2), 1000))
    if order != 'h36m17':
        for key in ('keypoints_2d', 'positions'):
            arrays[key] = from_h36m17(arrays[key], order)
        arrays['joint_order'] = np.array(order)
    arrays.update(changes)
    return {k: v for k, v in arrays.items() if v is not None}


def write_plain(path, **kwargs):
    """Write :func:`plain`; returns its arrays."""
    arrays = plain(**kwargs)
    np.savez(path, **arrays)
    return arrays


def world_clips(videos=2, frames=40):
    """Arrays of a file of ``CMULiftingDataset``."""
    body = bodies(videos, frames)
    seen = body['positions'].astype(np.float64)
    world = np.einsum('vij,vtkj->vtki', body['R'], seen) + \
        body['T'][:, None, None]
    number = np.repeat(np.arange(videos), frames)
    return dict(
        positions=world.reshape(-1, 17, 3).astype(np.float32),
        seq=number,
        seq_name=np.array([f'train/walk_{v}' for v in range(videos)]),
        action=np.array(['walk'] * len(number)),
        split=np.array(['train'] * len(number)))


def stand_in(node, folder):
    """Give a config's lifting dataset a file of its layout."""
    select = {key: np.atleast_1d(values).tolist()
              for key, values in (node.get('select') or {}).items()}
    combinations = list(itertools.product(*select.values()))
    tag = zlib.crc32(repr(sorted(select.items())).encode())
    name = f'{node["type"]}_{tag:08x}.npz'
    if node['type'] == 'CMULiftingDataset':
        np.savez(folder / name, **world_clips())
    else:
        count = max(len(combinations), 1)
        names = {key: np.array(column)
                 for key, column in zip(select, zip(*combinations))}
        write_plain(folder / name, videos=count, **names)
    node.update(ann_file=name, data_root=str(folder))
