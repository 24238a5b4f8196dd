"""Makes a config of this project run in a second on generated data."""
import hashlib
import os

import numpy as np
import tiny
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from flexpose_mm.cli import read_config
from flexpose_mm.skeletons import get_mapping, get_skeleton

CHANNELS = {4 << i: 8 for i in range(9)}
LIMITS = dict(
    SyntheticPoseDataset=dict(size=200),
    GeneratedPoseDataset=dict(size=16),
    PoseMixupDataset=dict(size=16),
    LatentCodeDataset=dict(size=4),
    PoseDistributionMetric=dict(
        coverage_samples=8, k=2, mmd_max_samples=50),
    SampleGridHook=dict(interval=2, num_samples=2),
    PriorWarmStart=dict(mapping_iters=1, batch_size=2),
    PoseFlow=dict(width=16))
FIXED = dict(
    StyleGANv1Generator=dict(
        style_channels=32, num_mlps=2, channels=CHANNELS),
    StyleGANv1Discriminator=dict(channels=CHANNELS))


def shrink(path, work_dir) -> Config:
    """Read a config and make it small.

    Sizes of images, methods, losses, hooks and schedules stay. Networks get
    few channels, data sets few items; files are replaced by random poses of
    the same layout, checkpoints by random weights of the same model.

    Args:
        path (Path): The config.
        work_dir (Path): For the run and the files that stand in.
    """
    cfg = read_config(str(path))
    for node in nodes(cfg._cfg_dict):
        kind = node.get('type')
        for field, most in LIMITS.get(kind, {}).items():
            node[field] = min(node.get(field, most), most)
        for field, value in FIXED.get(kind, {}).items():
            # plain merging keeps the wide channels of other resolutions
            node.pop(field, None)
            node[field] = value
        if kind == 'VGGFeatures' and node.get('weights',
                                              'imagenet') == 'imagenet':
            node['weights'] = 'random'
        if 'pool_size' in node or 'pairing' in node:
            node['pool_size'] = 32
        if 'batch_size' in node and 'dataset' in node:
            node.update(batch_size=min(node['batch_size'], 4), num_workers=0)
        if 'ann_file' in node:
            stand_in(node, work_dir)
    weights(cfg, work_dir)
    cfg.train_cfg = dict(
        cfg.train_cfg, max_iters=2, **(
            dict(val_interval=2) if cfg.get('val_cfg') is not None else {}))
    cfg.default_hooks.checkpoint.interval = 2
    cfg.work_dir = str(work_dir / 'run')
    cfg.experiment_name = f'{path.stem}_{next(tiny._names)}'
    return cfg


def nodes(tree):
    """All dicts of a config, inner ones first."""
    children = tree.values() if isinstance(tree, dict) else tree
    for child in list(children):
        if isinstance(child, (dict, list, tuple)):
            yield from nodes(child)
    if isinstance(tree, dict):
        yield tree


def stand_in(node, folder, n=90) -> None:
    """Random poses with the arrays that a KeypointArrayDataset asks for."""
    assert node['type'] == 'KeypointArrayDataset', node['type']
    mapping = node.get('mapping')
    joints = get_mapping(mapping).num_source if mapping else get_skeleton(
        node.get('skeleton', 'body15')).num_joints
    rng = np.random.default_rng(0)
    arrays = {
        node.get('keypoints_key', 'keypoints'):
        rng.normal(100, 30, (n, joints, 2)).astype(np.float32)
    }
    if node.get('visible_key'):
        arrays[node['visible_key']] = np.ones((n, joints), np.float32)
    if node.get('class_key'):
        arrays[node['class_key']] = np.resize(['sit', 'walk', 'eat'], n)
    select = dict(node.get('select') or {})
    if node.get('split'):
        select['split'] = node['split']
    for name, values in select.items():
        arrays[name] = np.resize(np.asarray(values), n)
    tag = hashlib.sha1(repr(sorted(node.items())).encode()).hexdigest()[:8]
    np.savez(folder / f'{tag}.npz', **arrays)
    node.update(ann_file=f'{tag}.npz', data_root=str(folder))


def weights(cfg, folder) -> None:
    """Random weights in place of the checkpoints that a config names."""

    def save(model):
        tag = hashlib.sha1(repr(model).encode()).hexdigest()[:8]
        path = folder / f'{tag}.pth'
        if not os.path.exists(path):
            torch.manual_seed(0)
            torch.save(
                dict(state_dict=MODELS.build(model).state_dict()), path)
        return str(path)

    for node in nodes(cfg._cfg_dict):
        if isinstance(node.get('checkpoint'),
                      str) and node.get('type') in MODELS:
            node['checkpoint'] = save(
                {k: v for k, v in node.items() if k != 'checkpoint'})
    if cfg.get('load_from'):
        cfg.load_from = save(cfg.model)
