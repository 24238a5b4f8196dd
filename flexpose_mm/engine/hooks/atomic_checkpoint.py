"""Checkpoints that are whole or absent, never half written."""
import os.path as osp
from typing import Optional

from mmengine.dist import is_main_process
from mmengine.fileio import register_backend
from mmengine.fileio.backends import LocalBackend
from mmengine.hooks import CheckpointHook
from mmpose.registry import HOOKS

from ...io import remove_unfinished, write_atomically


@register_backend('flexpose_atomic')
class AtomicLocalBackend(LocalBackend):
    """MMEngine's local file backend with writes that cannot be halved."""

    def put(self, obj: bytes, filepath) -> None:
        """Write bytes; see :func:`flexpose_mm.io.atomic_write`."""
        remove_unfinished(str(filepath))  # a run has its folder for itself
        write_atomically(str(filepath), bytes(obj))

    def put_text(self, obj: str, filepath, encoding: str = 'utf-8') -> None:
        """Write text; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """MMEngine's CheckpointHook, safe against SIGKILL and a full disk.

    MMEngine opens the final file and writes into it, and with
    ``max_keep_ckpts`` it removes the oldest checkpoint before the new one
    exists. Here a checkpoint appears by rename, ``last_checkpoint`` names
    it after that, and old ones are removed last. All arguments are
    CheckpointHook's, ``backend_args`` excepted, which is local.
    """

    def __init__(self, *args, backend_args: Optional[dict] = None, **kwargs):
        if backend_args not in (None, dict(backend='flexpose_atomic')):
            raise ValueError(
                'AtomicCheckpointHook writes local files only; use '
                "CheckpointHook for backend_args=" + repr(backend_args))
        super().__init__(
            *args, backend_args=dict(backend='flexpose_atomic'), **kwargs)

    def _save_checkpoint_with_step(self, runner, step: int, meta: dict):
        outdated = self._shift_kept(runner, step)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        for hook in runner.hooks:  # collective, so before the master's part
            if hasattr(hook, 'collect_states'):
                hook.collect_states(runner)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args)
        if not is_main_process():
            return
        self.file_backend.put_text(
            self.last_ckpt, osp.join(runner.work_dir, 'last_checkpoint'))
        if outdated is not None:
            path = self.file_backend.join_path(
                self.out_dir, self.filename_tmpl.format(outdated))
            if self.file_backend.isfile(path):
                self.file_backend.remove(path)

    def _shift_kept(self, runner, step: int) -> Optional[int]:
        """Enter ``step`` among the kept ones; return the one to remove."""
        kept = self.keep_ckpt_ids if self.max_keep_ckpts > 0 else None
        if kept is None or (kept and kept[-1] == step):
            return None
        outdated = None
        if len(kept) == self.max_keep_ckpts:
            outdated = kept.popleft()
        kept.append(step)
        runner.message_hub.update_info('keep_ckpt_ids', list(kept))
        return outdated
