"""Makes a config of this project run in a second on generated data."""
import hashlib
import json
import os
from pathlib import Path

import cv2
import lifting_files
import numpy as np
import tiny
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from flexpose_mm.cli import read_config
from flexpose_mm.skeletons import get_mapping, get_skeleton

#: MMPose's sets of faces, in COCO's layout -> joints.
FACES = dict(WFLWDataset=98, Face300VWDataset=68)
CHANNELS = {4 << i: 8 for i in range(9)}
LIMITS = dict(
    SyntheticPoseDataset=dict(size=200),
    SyntheticVideoDataset=dict(videos=4, frames=2),
    SyntheticLiftingDataset=dict(videos=8),
    PoseBankHook=dict(size=24),
    GeneratedPoseDataset=dict(size=16),
    PoseMixupDataset=dict(size=16),
    LatentCodeDataset=dict(size=4),
    PoseDistributionMetric=dict(
        coverage_samples=8, k=2, mmd_max_samples=50),
    SampleGridHook=dict(interval=2, num_samples=2),
    LiftingPictureHook=dict(num_poses=1, num_sequences=0),
    PriorWarmStart=dict(
        mapping_iters=1, batch_size=2, mapping_batch_size=8, pool_size=64),
    PoseFlow=dict(width=16),
    FreezeD=dict(warmup_iters=2, warmup_batch_size=4),
    AdaGAN=dict(num_targets=16))
FIXED = dict(
    StyleGANv1Generator=dict(
        style_channels=32, num_mlps=2, channels=CHANNELS),
    StyleGANv1Discriminator=dict(channels=CHANNELS),
    ImageToSkeleton=dict(width=4),
    ConditionalDecoder=dict(width=4),
    MultiScalePatchDiscriminator=dict(width=4),
    PlainVGGFeatures=dict(weights='random', width=4),
    MixSTE=dict(embed_dims=16, depth=1, num_heads=2),
    VideoPoseDenoiser=dict(channels=8, time_dims=8))


def shrink(path, work_dir) -> Config:
    """Read a config and make it small.

    Sizes of images, methods, losses, hooks and schedules stay. Networks get
    few channels, data sets few items; files are replaced by random poses of
    the same layout, checkpoints by random weights of the same model.

    Args:
        path (Path | Config): The config, or its file.
        work_dir (Path): For the run and the files that stand in.
    """
    cfg = path if isinstance(path, Config) else read_config(str(path))
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
            node.pop('persistent_workers', None)  # needs workers
        if kind == 'ResNet':
            node.update(depth=18, base_channels=8, init_cfg=None)
        if kind == 'HeatmapHead' and node.get('deconv_out_channels', 1):
            # of that ResNet
            node['in_channels'] = 8 << cfg.model.backbone.get(
                'num_stages', 4) - 1
        if kind in ('RegDA', 'UDAPE'):  # one step of each phase
            node['pretrain_iters'] = min(node['pretrain_iters'], 1)
        if kind == 'PoseDifficultyHook':
            node.update(train=dict(steps=2), cache_dir=str(work_dir / 'vae'))
        if kind == 'SyntheticPoseDataset' and node.get('cache_dir'):
            node['cache_dir'] = str(work_dir / 'images')
        if kind in ('CocoDataset', *FACES):
            coco(node, work_dir)
        elif 'ann_file' in node and 'Lifting' in node['type']:
            lifting_files.stand_in(node, work_dir)
        elif 'ann_file' in node:
            stand_in(node, work_dir)
        elif 'img_dir' in node:
            node.update(img_dir=photographs(work_dir), data_root='')
    weights(cfg, work_dir)
    cfg.train_cfg = dict(
        cfg.train_cfg, max_iters=2, **(
            dict(val_interval=2) if cfg.get('val_cfg') is not None else {}))
    cfg.default_hooks.checkpoint.interval = 2
    cfg.work_dir = str(work_dir / 'run')
    cfg.experiment_name = f'{Path(cfg.filename).stem}_{next(tiny._names)}'
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
    assert node['type'] in ('KeypointArrayDataset', 'KeypointImageDataset',
                            'ProjectedPoseDataset',
                            'GeneratedPoseDataset'), node['type']
    mapping = node.get('mapping')
    joints = get_mapping(mapping).num_source if mapping else get_skeleton(
        node.get('skeleton', 'body15')).num_joints
    rng = np.random.default_rng(0)
    arrays = {
        node.get('keypoints_key', 'keypoints'):
        rng.normal(100, 30, (n, joints, 2)).astype(np.float32)
    }
    if node['type'] == 'ProjectedPoseDataset':
        arrays = dict(
            positions=rng.normal(0, .3, (n, joints, 3)).astype(np.float32))
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
    if node['type'] == 'KeypointImageDataset':
        photographs(folder)
        names = [f'photos/{i}.jpg' for i in range(4)]
        arrays[node.get('image_key', 'image')] = np.resize(names, n)
        node.update(img_dir='')
    np.savez(folder / f'{tag}.npz', **arrays)
    node.update(ann_file=f'{tag}.npz', data_root=str(folder))


def coco(node, folder, n=30) -> None:
    """Random persons, hands or faces of the config's joints on random
    images."""
    joints = FACES.get(node['type']) or get_skeleton(
        node['metainfo']).num_joints
    place = Path(photographs(folder))
    table = np.random.default_rng(0).uniform(1, 99, (n, joints, 3)).round(2)
    table[..., 2] = 2
    notes = [
        dict(id=i, image_id=i % 4, category_id=1, iscrowd=0, area=1e4,
             bbox=[0, 0, 100, 100], num_keypoints=joints, center=[50, 50],
             scale=.5,
             keypoints=row.ravel().tolist()) for i, row in enumerate(table)
    ]
    files = [dict(id=i, file_name=f'{i}.jpg', width=120, height=150)
             for i in range(4)]
    (place / f'{joints}.json').write_text(
        json.dumps(
            dict(images=files, annotations=notes,
                 categories=[dict(id=1, name='person')])))
    node.update(ann_file=f'{joints}.json', data_root=str(place),
                data_prefix=dict(img=''))


def photographs(folder) -> str:
    """A folder of four random JPEG images."""
    place, rng = folder / 'photos', np.random.default_rng(0)
    place.mkdir(exist_ok=True)
    for i in range(4):
        image = rng.integers(0, 255, (150, 120, 3), np.uint8)
        cv2.imwrite(str(place / f'{i}.jpg'), image)
    return str(place)


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
