"""One run: train, draw, measure, write."""
import copy
import os.path as osp
import resource
import time
import uuid

import numpy as np
import torch
from mmengine.device import get_device
from mmengine.hooks import IterTimerHook
from mmengine.registry import init_default_scope
from mmengine.runner import (Runner, find_latest_checkpoint,
                             set_random_seed)
from mmengine.utils import import_modules_from_strings
from mmpose.registry import DATASETS, MODELS

from .grid import CONTROLS, SOURCE, Run
from .measure import (PREVIEWS, Judge, complete_poses, draw_poses, preview,
                      reconstruction_loss, to_uint8)
from .store import RunFolder, files_of, revision
from .variants import first_few_shot

#: Of drawn poses so many are kept, for the pictures.
KEPT = 1000


def execute(run: Run, out: str) -> None:
    """Make a run, from its last checkpoint if there is one.

    Args:
        run (Run): What to do.
        out (str): Folder of the comparison; the run's own is in it.
    """
    folder = RunFolder(run, out)
    folder.check()
    folder.begin()
    if run.cfg.get('custom_imports'):
        import_modules_from_strings(**run.cfg.custom_imports)
    init_default_scope(run.cfg.get('default_scope', 'mmpose'))
    work = make_controls if run.method == CONTROLS else adapt_and_measure
    rows, arrays = work(run, folder)
    folder.finish(
        dict(
            name=run.name,
            rows=rows,
            revision=revision(),
            date=time.strftime('%Y-%m-%d %H:%M'),
            device=get_device(),
            threads=torch.get_num_threads(),
            files=files_of(run.cfg)), arrays)


def make_controls(run: Run, folder: RunFolder):
    """The source generator and the config's control sets."""
    cfg = run.cfg
    set_random_seed(run.seed)
    model = MODELS.build(cfg.model).to(get_device()).eval()
    model.cfg = cfg
    judge = Judge(cfg.test_evaluator,
                  DATASETS.build(first_few_shot(cfg)).poses)
    poses = draw_poses(model, run.num, run.seed, model.source_generator())
    rows = {SOURCE: judge(poses)}
    for name, control in (cfg.test_evaluator.get('controls') or {}).items():
        rows[name] = judge(complete_poses(DATASETS.build(control)))
    joints = poses.shape[1]
    target = judge.reference.near_poses[:KEPT].reshape(-1, joints, 2)
    shown = model.data_preprocessor.render(
        torch.as_tensor(target[:PREVIEWS], dtype=torch.float32))
    return rows, dict(
        poses=judge.canvas(poses[:KEPT]),
        images=preview(model)['source'],
        target=target.astype(np.float32),
        target_images=to_uint8(shown))


def adapt_and_measure(run: Run, folder: RunFolder):
    """Train the method and measure what it draws."""
    runner, row = train(run, folder)
    model, dataset = runner.model.eval(), runner.train_dataloader.dataset
    model.cfg = run.cfg
    shots = dataset
    while type(shots).__name__ != 'FewShotDataset':
        shots = shots.dataset
    row['n_shots'] = len(shots)
    if model.anchors is not None:  # FreezeD pairs no code with a pose
        row['reconstruction'] = reconstruction_loss(model, dataset)
    arrays = dict(images=preview(model)['adapted'])
    if run.num:
        judge = Judge(run.cfg.test_evaluator, shots.poses)
        poses = draw_poses(model, run.num, run.seed)
        row.update(judge(poses))
        arrays['poses'] = judge.canvas(poses[:KEPT])
    return {run.method: row}, arrays


def train(run: Run, folder: RunFolder):
    """The runner after training, and what training cost.

    Returns:
        tuple: Runner; dict of ``trainable`` parameters, ``seconds`` of
        training (of a resumed run: of all steps that led to the result,
        preparation once), and ``memory_mib``, the largest resident size of
        the process until then, libraries included.
    """
    cfg = copy.deepcopy(run.cfg)
    cfg.work_dir = folder.path
    # judged here, not by the runner, which would load the judge's poses
    cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
    cfg.experiment_name = f'{run.name}_{uuid.uuid4().hex[:8]}'
    cfg.visualizer = dict(
        type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
    if (cfg.get('default_hooks') or {}).get('checkpoint'):
        cfg.default_hooks.checkpoint.max_keep_ckpts = 1
    set_resume(cfg)
    runner = Runner.from_cfg(cfg)
    start = time.time()
    runner.train()
    runner.visualizer.close()
    seconds = time.time() - start + seconds_before(runner)
    row = dict(
        trainable=sum(
            p.numel() for p in runner.model.parameters() if p.requires_grad),
        seconds=seconds,
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if torch.cuda.is_available():
        row['gpu_mib'] = torch.cuda.max_memory_allocated() / 2**20
    return runner, row


def set_resume(cfg) -> None:
    """Go on from the last checkpoint in the run's folder, if any."""
    if not osp.isfile(osp.join(cfg.work_dir, 'last_checkpoint')):
        return
    name = osp.basename(find_latest_checkpoint(cfg.work_dir))
    path = osp.join(cfg.work_dir, name)  # the folder may have been moved
    if osp.isfile(path):
        cfg.resume, cfg.load_from = True, path


def seconds_before(runner: Runner) -> float:
    """Time of the steps that a resumed run found done."""
    timer = next(h for h in runner.hooks if isinstance(h, IterTimerHook))
    history = runner.message_hub.log_scalars.get('train/time')
    if history is None:
        return 0.
    return float(np.sum(history.data[0][:timer.start_iter]))
