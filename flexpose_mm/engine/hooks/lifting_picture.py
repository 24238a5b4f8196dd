"""Pictures and error tables of lifted poses after each validation."""
import csv
import io
import os.path as osp
from typing import Dict, List, NamedTuple, Optional

import numpy as np
import torch
from mmengine.dist import (all_gather_object, get_rank, get_world_size,
                           is_main_process)
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ...errors import UserError
from ...io import write_atomically
from ...skeletons import Skeleton
from ...visualization import (error_figure, hypotheses_figure,
                              save_animation, save_image, sequence_frames)


class LiftedClip(NamedTuple):
    """One clip as arrays; root-relative metres, camera axes.

    Attributes:
        keypoints (np.ndarray): (F, J, 2) the model's input.
        poses (np.ndarray): (F, J, 3) prediction.
        hypotheses (np.ndarray): (F, H, J, 3); the prediction alone if the
            model keeps none.
        truth (np.ndarray | None): (F, J, 3).
        title (str): Sequence or action.
    """
    keypoints: np.ndarray
    poses: np.ndarray
    hypotheses: np.ndarray
    truth: Optional[np.ndarray]
    title: str


def _array(value) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(
        value, torch.Tensor) else np.asarray(value)


def read_clip(inputs, sample) -> LiftedClip:
    """Arrays of one ``PoseDataSample`` of a lifter."""
    pred, gt = sample.pred_instances, sample.get('gt_instances', {})
    poses = _array(pred.keypoints)
    hypotheses = _array(pred.hypotheses) if 'hypotheses' in pred \
        else poses[:, None]
    truth = _array(gt.lifting_target) if 'lifting_target' in gt else None
    title = sample.get('sequence') or sample.get('action') or ''
    return LiftedClip(_array(inputs), poses, hypotheses, truth, str(title))


class ErrorSums:
    """Joint errors in mm, summed by action; each frame counts once."""

    def __init__(self):
        self.sums: Dict[str, np.ndarray] = {}

    def add(self, sample, clip: LiftedClip) -> None:
        """Add a clip: rows of error sum and count for each joint."""
        if clip.truth is None:
            return
        gt = sample.gt_instances
        error = np.linalg.norm(clip.poses - clip.truth, axis=-1) * 1000
        seen = np.ones_like(error) if 'lifting_target_visible' not in gt \
            else _array(gt.lifting_target_visible).reshape(error.shape) > 0
        weight = gt.get('frame_weight', sample.get('frame_weight'))
        if weight is not None:
            seen = seen * (_array(weight).reshape(-1, 1) > 0)
        # where nothing is seen the truth may be anything, NaN included
        row = np.stack([np.where(seen > 0, error, 0).sum(0), seen.sum(0)])
        action = str(sample.get('action') or 'all')
        self.sums[action] = self.sums.get(action, 0) + row

    def merge(self, others: List[Dict[str, np.ndarray]]) -> None:
        """Take the sums of all processes in place of one's own."""
        self.sums = {}
        for sums in others:
            for action, row in sums.items():
                self.sums[action] = self.sums.get(action, 0) + row

    def by_action(self) -> Dict[str, float]:
        """Mean over frames and joints of each action, mm."""
        return {
            action: float(row[0].sum() / max(row[1].sum(), 1))
            for action, row in sorted(self.sums.items())
        }

    def by_joint(self, names) -> Dict[str, float]:
        """Mean over all frames of each joint, mm."""
        total = sum(self.sums.values())
        return dict(zip(names, (total[0] / np.maximum(total[1], 1)).tolist()))


@HOOKS.register_module()
class LiftingPictureHook(Hook):
    """Draws what a lifter predicts in validation and test.

    Writes into ``<work_dir>/lifting/<val_iter_N or test>``: hypotheses with
    the chosen one in red beside the truth (``hypotheses.png``; the model has
    to return ``hypotheses``, else only the prediction is drawn), moving
    poses (``sequence_0.gif``), and where the truth is known the MPJPE by
    action and by joint (``by_action.png``, ``by_joint.png``,
    ``errors.csv``). Clips to draw are evenly spaced over the data set.

    Args:
        num_poses (int): Rows of the picture of hypotheses.
        num_sequences (int): Clips to animate.
        animation (str): 'gif' or 'mp4'.
        fps (float): Of the animation.

    Raises:
        UserError: A field out of its range.
    """

    priority = 'LOW'

    def __init__(self,
                 num_poses: int = 4,
                 num_sequences: int = 1,
                 animation: str = 'gif',
                 fps: float = 10.):
        for name, value in (('num_poses', num_poses),
                            ('num_sequences', num_sequences)):
            if not isinstance(value, int) or value < 0:
                raise UserError('LiftingPictureHook', name, value,
                                'give a whole number >= 0')
        if animation not in ('gif', 'mp4'):
            raise UserError('LiftingPictureHook', 'animation', animation,
                            "choose 'gif' or 'mp4'")
        if not fps > 0:
            raise UserError('LiftingPictureHook', 'fps', fps,
                            'give a number above 0')
        self.num_poses, self.num_sequences = num_poses, num_sequences
        self.animation, self.fps = animation, fps

    def _start(self, loader) -> None:
        """Choose the clips that are drawn: numbers in this process."""
        self.size = len(loader.dataset)
        self.clips: List[LiftedClip] = []
        self.errors, self.count = ErrorSums(), 0
        own = -(-self.size // get_world_size())
        most = max(self.num_poses, self.num_sequences)
        self.chosen = set(np.linspace(0, own - 1, most).astype(int).tolist())

    def _collect(self, data_batch: dict, outputs) -> None:
        for inputs, sample in zip(data_batch['inputs'], outputs):
            # the sampler deals items round and pads the last round
            item = self.count * get_world_size() + get_rank()
            if item < self.size:
                clip = read_clip(inputs, sample)
                self.errors.add(sample, clip)
                if self.count in self.chosen and is_main_process():
                    self.clips.append(clip)
            self.count += 1

    def _write(self, runner, loader, name: str) -> None:
        self.errors.merge(all_gather_object(self.errors.sums))
        if not is_main_process():
            return
        folder = osp.join(runner.work_dir, 'lifting', name)
        skeleton = Skeleton.from_metainfo(dict(loader.dataset.metainfo))
        self._draw_clips(folder, skeleton)
        if not self.errors.sums:
            return
        tables = dict(
            action=self.errors.by_action(),
            joint=self.errors.by_joint(skeleton.joints))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(('group', 'name', 'mpjpe_mm'))
        for group, table in tables.items():
            writer.writerows(
                (group, key, f'{v:.4f}') for key, v in table.items())
            save_image(
                error_figure(dict(model=table), group),
                osp.join(folder, f'by_{group}.png'))
        write_atomically(
            osp.join(folder, 'errors.csv'), text.getvalue().encode())

    def _draw_clips(self, folder: str, skeleton: Skeleton) -> None:
        rows = self.clips[:self.num_poses]
        if rows:
            middle = len(rows[0].poses) // 2
            hypotheses, chosen, keypoints, truth = (
                [getattr(clip, field) for clip in rows]
                for field in ('hypotheses', 'poses', 'keypoints', 'truth'))
            picture = hypotheses_figure(
                np.stack(hypotheses)[:, middle],
                np.stack(chosen)[:, middle],
                None if truth[0] is None else np.stack(truth)[:, middle],
                np.stack(keypoints)[:, middle], skeleton,
                [clip.title for clip in rows])
            save_image(picture, osp.join(folder, 'hypotheses.png'))
        for i, clip in enumerate(self.clips[:self.num_sequences]):
            poses = dict(lifted=clip.poses)
            if clip.truth is not None:
                poses['ground truth'] = clip.truth
            save_animation(
                sequence_frames(poses, clip.keypoints, skeleton),
                osp.join(folder, f'sequence_{i}.{self.animation}'), self.fps)

    def before_val_epoch(self, runner) -> None:
        """Begin to collect."""
        self._start(runner.val_loop.dataloader)

    def before_test_epoch(self, runner) -> None:
        """Begin to collect."""
        self._start(runner.test_loop.dataloader)

    def after_val_iter(self, runner, batch_idx, data_batch=None,
                       outputs=None) -> None:
        """Keep errors and some clips of a batch."""
        self._collect(data_batch, outputs)

    after_test_iter = after_val_iter

    def after_val_epoch(self, runner, metrics=None) -> None:
        """Write into the folder of this iteration."""
        self._write(runner, runner.val_loop.dataloader,
                    f'val_iter_{runner.iter}')

    def after_test_epoch(self, runner, metrics=None) -> None:
        """Write into the folder ``test``."""
        self._write(runner, runner.test_loop.dataloader, 'test')
