"""From an array of poses to an adapted generator, in three calls.

.. code-block:: python

    from flexpose_mm.apis import adapt, init_adapter, sample_poses

    config = 'configs/demo/adapt_synthetic_12shot.py'
    adapter = adapt(config, poses)          # (n, K, 2) pixels, n >= 2
    drawn = sample_poses(adapter, 1000)['keypoints']   # (1000, K, 2) canvas
"""
import contextlib
import os.path as osp
import tempfile
import uuid
from typing import Dict, Optional, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import nn

from . import cli
from .annotation import annotate, init_detector  # noqa: F401
from .difficulty_report import score_difficulty  # noqa: F401  public here
from .errors import UserError, check_seed
from .lifting import init_lifter, lift  # noqa: F401  public here
from .loading import init_model, read_model_config

#: Where the config has none.
MIXUP = dict(type='PoseMixupDataset', pipeline=[dict(type='PackPose')])
LOADER = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True))
_NO_MODEL = 'the config has no model; give an adapter or GAN'


def init_adapter(config: Union[str, Config],
                 checkpoint: Optional[str] = None,
                 device: str = 'cpu',
                 cfg_options: Optional[dict] = None) -> nn.Module:
    """Build an adapter, or any model that draws poses, for use.

    Args:
        config (str | Config): Its config.
        checkpoint (str, optional): Trained weights; None leaves those that
            the config loads by itself (the source prior).
        device (str): Such as ``'cuda:0'``.
        cfg_options (dict, optional): Changes, as ``--cfg-options``.

    Returns:
        nn.Module: In evaluation mode; ``.cfg`` is the config.

    Raises:
        UserError: The config or the checkpoint cannot be used.

    Example:
        >>> adapter = init_adapter('configs/demo/adapt_synthetic_12shot.py',
        ...                        'work_dirs/adapted/iter_1000.pth')
    """
    cfg = read_model_config(config, cfg_options, _NO_MODEL)
    return init_model(
        cfg, checkpoint, device, 'pose_sampler',
        'it draws no poses; give a config of SkeletonGAN or of an adapter')


def adapt(config: Union[str, Config, nn.Module],
          poses: np.ndarray,
          visible: Optional[np.ndarray] = None,
          iterations: Optional[int] = None,
          seed: int = 0,
          work_dir: Optional[str] = None,
          mapping: Optional[str] = None,
          cfg_options: Optional[dict] = None,
          log_level: str = 'WARNING') -> nn.Module:
    """Few-shot adaptation to the poses of an array.

    The same training as ``tools/train.py`` with an adaptation config, whose
    ``PoseMixupDataset`` gets these shots; validation is left out.

    Args:
        config (str | Config | nn.Module): An adaptation config, or a model
            of :func:`init_adapter`, whose weights are then the start; it
            is left as it is.
        poses (np.ndarray): Target poses, (n, K, 2), n >= 2, in pixels (x
            right, y down) or any other unit; each gets its own canvas.
        visible (np.ndarray, optional): (n, K), > 0 = present; None: all.
        iterations (int, optional): Steps; None is the config's. Schedules
            that end with the training are shortened with it.
        seed (int): Of codes, mixtures and batches.
        work_dir (str, optional): Keeps log, checkpoints and the shots;
            None keeps nothing.
        mapping (str, optional): Joint mapping of ``poses``, such as
            ``'coco17'``; None: they are of the config's skeleton.
        cfg_options (dict, optional): Changes, as ``--cfg-options``.
        log_level (str): ``'INFO'`` shows the losses.

    Returns:
        nn.Module: The adapted model in evaluation mode, on the device it
        was trained on (CUDA where there is one).

    Raises:
        UserError: Poses or config cannot be used.

    Example:
        >>> poses = np.load('shots.npy')  # (12, 15, 2)
        >>> adapter = adapt('configs/demo/adapt_synthetic_12shot.py', poses)
    """
    given = config if isinstance(config, nn.Module) else None
    if given is not None and not hasattr(given, 'cfg'):
        raise UserError('adapt', 'config', type(given).__name__,
                        'this model has no config; make it by init_adapter')
    cfg = read_model_config(
        getattr(given, 'cfg', config), cfg_options, _NO_MODEL)
    shots = _check_shots(poses, visible)
    with contextlib.ExitStack() as stack:
        keep = work_dir is not None
        folder = work_dir if keep else stack.enter_context(
            tempfile.TemporaryDirectory(prefix='flexpose_adapt_'))
        cli.set_work_dir(cfg, 'adapt', folder)
        path = osp.join(osp.abspath(folder), 'shots.npz')
        np.savez(path, **shots)
        _set_data(cfg, path, mapping)
        _set_training(cfg, iterations, seed, keep)
        cfg.update(log_level=log_level,
                   experiment_name=f'adapt_{uuid.uuid4().hex[:12]}')
        if given is not None:
            cfg.load_from = osp.join(folder, 'start.pth')
            torch.save(dict(state_dict=given.state_dict()), cfg.load_from)
        runner = Runner.from_cfg(cfg)
        stack.callback(runner.visualizer.close)
        runner.train()
        model = getattr(runner.model, 'module', runner.model)
    model.cfg = cfg
    return model.eval()


def sample_poses(model: nn.Module,
                 n: int,
                 seed: int = 0,
                 batch_size: int = 128,
                 images: bool = False) -> Dict[str, np.ndarray]:
    """Draw poses from an adapted or a source model.

    Args:
        model (nn.Module): From :func:`init_adapter` or :func:`adapt`.
        n (int): How many.
        seed (int): Of codes and noise; equal seeds give equal poses.
        batch_size (int): Codes at a time; another size draws other poses.
        images (bool): Also draw them anew, which takes 12 S^2 bytes each.

    Returns:
        dict: ``keypoints`` (n, K, 2) float32 in canvas coordinates [-1, 1]
        (x right, y down), ``scores`` (n, K) float32, beta's confidence in
        (0, 1], and, if asked for, ``images`` (n, 3, S, S) float32 RGB in
        [-1, 1].

    Raises:
        UserError: n or batch_size below 1; a model without beta.

    Example:
        >>> sample_poses(adapter, 1000)['keypoints'].shape
        (1000, 15, 2)
    """
    model.eval()
    options = dict(getattr(model, 'cfg', {}).get('sampler') or {})
    batches = list(
        model.pose_sampler(**options).iter_batches(
            n, seed, batch_size, render=images))
    names = ('keypoints', 'scores') + images * ('images', )
    return {
        name: torch.cat([getattr(b, name)
                         for b in batches]).float().cpu().numpy()
        for name in names
    }


def _check_shots(poses: np.ndarray, visible: Optional[np.ndarray]) -> dict:
    """The arrays of a KeypointArrayDataset."""
    poses = np.asarray(poses)
    if poses.ndim != 3 or poses.shape[-1] != 2 or \
            poses.dtype.kind not in 'fiu':
        raise UserError('adapt', 'poses.shape', poses.shape,
                        f'give numbers of shape (n, K, 2), not {poses.dtype}')
    visible = np.ones(poses.shape[:2], np.float32) if visible is None \
        else np.asarray(visible, np.float32)
    if visible.shape != poses.shape[:2]:
        raise UserError('adapt', 'visible.shape', visible.shape,
                        f'give {poses.shape[:2]}, one value per joint')
    return dict(keypoints=poses.astype(np.float32), visible=visible)


def _set_data(cfg: Config, path: str, mapping: Optional[str]) -> None:
    """Put the shots in the place of the config's own."""
    cfg.train_dataloader = cfg.get('train_dataloader') or LOADER
    given = cfg.train_dataloader.get('dataset') or {}
    mixup = dict(given) if given.get('type') == MIXUP['type'] else dict(MIXUP)
    for key in ('mapping', 'skeleton'):
        mixup.pop(key, None)
    cfg.train_dataloader.dataset = dict(
        mixup,
        dataset=dict(
            type='KeypointArrayDataset',
            ann_file=path,
            skeleton=cfg.model.data_preprocessor.get('skeleton', 'body15'),
            mapping=mapping,
            visible_key='visible',
            require_all=False))
    for part in ('val', 'test'):  # they need target poses in a file
        for name in ('cfg', 'dataloader', 'evaluator'):
            cfg[f'{part}_{name}'] = None


def _set_training(cfg: Config, iterations: Optional[int], seed: int,
                  keep: bool) -> None:
    """Length, seeds, and whether checkpoints are written."""
    check_seed('adapt', seed)
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    cfg.model.seed = cfg.train_dataloader.dataset.seed = seed
    cfg.train_cfg.pop('val_interval', None)
    if not keep:
        cfg.default_hooks = dict(
            cfg.get('default_hooks') or {}, checkpoint=None)
        cfg.visualizer = dict(type='Visualizer')
    if iterations is None:
        return
    if not isinstance(iterations, int) or iterations < 1:
        raise UserError('adapt', 'iterations', iterations,
                        'give a whole number of at least 1')
    before, cfg.train_cfg.max_iters = cfg.train_cfg.max_iters, iterations
    schedules = cfg.get('param_scheduler') or []
    for schedule in schedules if isinstance(schedules, list) else [schedules]:
        for key in ('end', 'T_max'):
            if schedule.get(key) == before:
                schedule[key] = iterations
