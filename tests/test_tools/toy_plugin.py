"""A training of milliseconds that draws random numbers everywhere."""
import errno
import os
import signal

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmpose.registry import DATASETS, HOOKS, METRICS, MODELS
from torch import nn
from torch.utils.data import Dataset

from flexpose_mm.errors import UserError


@DATASETS.register_module()
class ToyDataset(Dataset):
    """Numbers with noise from NumPy's global stream, like a transform's."""

    metainfo = dict(dataset_name='toy', sigmas=np.ones(3, np.float32))

    def __init__(self, length=16, broken=None):
        if length < 1:
            raise UserError('ToyDataset', 'length', length, 'must be positive')
        self.length, self.broken = length, broken

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if index == self.broken:
            raise UserError('toy.npz', 'index', index, 'holds no pose')
        noise = np.random.rand(3).astype(np.float32)
        return dict(inputs=torch.from_numpy(noise) + index)


@MODELS.register_module()
class ToyModel(BaseModel):
    """Regresses noise; dropout draws from torch's global stream."""

    def __init__(self, width=3, noise=True):
        super().__init__()
        self.layer = nn.Linear(3, width)
        self.noise = noise

    def forward(self, inputs, mode='tensor'):
        out = self.layer(torch.stack(inputs))
        if mode == 'predict':
            torch.rand(7)  # validation that disturbs the streams
            return [out.mean()]
        if self.noise:
            out = out * torch.rand_like(out)
        return dict(loss=(out**2).mean())


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """Mean output."""

    def process(self, data_batch, data_samples):
        self.results += [float(value) for value in data_samples]

    def compute_metrics(self, results):
        return dict(mean=sum(results) / len(results))


@HOOKS.register_module()
class KillHook(Hook):
    """SIGKILL after an iteration, checkpoints of it included."""

    priority = 'LOWEST'

    def __init__(self, at):
        self.at = at

    def after_train_iter(self, runner, *args, **kwargs):
        if runner.iter + 1 == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module()
class FullDiskHook(Hook):
    """From an iteration on, nothing more fits on the disk."""

    def __init__(self, at):
        self.at = at

    def before_train_iter(self, runner, *args, **kwargs):
        if runner.iter + 1 == self.at:
            def full(descriptor):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            os.fsync = full
