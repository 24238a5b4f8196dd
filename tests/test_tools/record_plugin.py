"""Writes down which annotations each process trains on."""
import json
import os

from mmengine.hooks import Hook
from mmpose.registry import HOOKS


@HOOKS.register_module()
class RecordHook(Hook):
    """One file for each process: annotation ids in the order of training."""

    def __init__(self, folder):
        self.folder, self.ids = folder, []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.ids += [s.id for s in data_batch['data_samples']]

    def after_train(self, runner):
        path = f'{self.folder}/ids_{os.environ.get("RANK", "0")}.json'
        with open(path, 'w') as file:
            json.dump(self.ids, file)
