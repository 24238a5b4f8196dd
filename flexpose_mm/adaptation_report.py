"""Before and after: the figures and numbers of one adaptation."""
import json
import os
from typing import Dict, Optional

import numpy as np
import torch
from mmengine.logging import print_log

from .datasets import normalize_poses
from .evaluation.functional import PoseReference, report_table
from .visualization import (before_after_figure, curves_figure, save_image,
                            tsne_figure)


def to_canvas(poses, padding: float = 1.25) -> np.ndarray:
    """Poses (n, K, 2) on the canvas by their own compact box."""
    poses = np.asarray(poses, np.float32)
    return normalize_poses(poses, np.ones(poses.shape[:2], np.float32),
                           padding)[0]


def sample_canvas(model, n: int, seed: int,
                  generator=None) -> np.ndarray:
    """n poses of a model, (n, K, 2), re-normalised like every other set."""
    sampler = model.pose_sampler(generator)
    blocks = [b.keypoints for b in sampler.iter_batches(n, seed)]
    return to_canvas(torch.cat(blocks).cpu())


def compare_adaptation(model,
                       target: np.ndarray,
                       controls: Optional[Dict[str, np.ndarray]] = None,
                       n: int = 5000,
                       seed: int = 0,
                       **measure) -> dict:
    """Measure a generator before and after adaptation.

    Args:
        model (PoseAdapter): Adapted.
        target (np.ndarray): Target poses not used for adaptation, canvas
            coordinates, (m, K, 2).
        controls (dict[str, np.ndarray], optional): Further pose sets to be
            measured against ``target``.
        n (int): Poses drawn of each generator.
        seed (int): Of the draws; both generators see the same codes.
        **measure: Arguments of ``PoseReference``.

    Returns:
        dict: ``rows``, name -> report, and ``poses``, name -> (n, K, 2),
        with the generators as ``before`` and ``after``.
    """
    poses = dict(
        before=sample_canvas(model, n, seed, model.source_generator()),
        after=sample_canvas(model, n, seed))
    reference = PoseReference(target, seed=seed, **measure)
    rows = {
        name: reference.compare(value)
        for name, value in {**poses, **(controls or {})}.items()
    }
    return dict(rows=rows, poses=dict(poses, target=target))


def read_curves(work_dir: str) -> Dict[str, tuple]:
    """Loss curves of a run by name, (steps, values), from its scalars."""
    curves = {}
    for folder, _, files in sorted(os.walk(work_dir)):
        if 'scalars.json' not in files:
            continue
        with open(os.path.join(folder, 'scalars.json')) as f:
            for line in f:
                row = json.loads(line)
                if 'loss' in row:
                    steps, values = curves.setdefault('loss', ([], []))
                    steps.append(row['step'])
                    values.append(row['loss'])
    return curves


def write_sheet(model,
                result: dict,
                out_dir: str,
                work_dir: str,
                title: str = '') -> str:
    """Write before/after, t-SNE, curves and one sheet of them all.

    Args:
        model (PoseAdapter): Adapted.
        result (dict): Of :func:`compare_adaptation`.
        out_dir (str): Receives the PNG files and ``report.md``.
        work_dir (str): Of the training, for its curves.
        title (str): First line of the report.

    Returns:
        str: Path of ``sheet.png``.
    """
    previews = model.preview(16)
    render = model.data_preprocessor.render
    target = render(torch.as_tensor(result['poses']['target'][:16]))
    figures = dict(
        before_after=before_after_figure(previews['source'].clamp(-1, 1),
                                         previews['adapted'].clamp(-1, 1),
                                         target),
        tsne=tsne_figure(result['poses']),
        curves=curves_figure(read_curves(work_dir), 'perceptual loss'))
    for name, figure in figures.items():
        save_image(figure, os.path.join(out_dir, f'{name}.png'))
    table = report_table(result['rows'])
    with open(os.path.join(out_dir, 'report.md'), 'w') as f:
        f.write(f'# {title}\n\n{table}\n')
    print_log(f'{title}\n{table}', 'current')
    sheet = os.path.join(out_dir, 'sheet.png')
    save_image(stack(list(figures.values())), sheet)
    return sheet


def stack(pictures) -> np.ndarray:
    """Pictures below each other on a white page, (H, W, 3) uint8."""
    width = max(p.shape[1] for p in pictures)
    rows = []
    for p in pictures:
        page = np.full((p.shape[0], width, 3), 255, np.uint8)
        left = (width - p.shape[1]) // 2
        page[:, left:left + p.shape[1]] = p
        rows.append(page)
    return np.concatenate(rows)
