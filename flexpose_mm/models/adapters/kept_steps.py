"""A short training before the training, which a killed run goes on with."""
import hashlib
import json
import os.path as osp
from typing import Optional

import torch
from mmengine.dist import is_main_process
from torch import nn

from flexpose_mm.checkpoints import read_checkpoint, weights_hash
from flexpose_mm.io import atomic_write, remove_unfinished

INTERVAL = 100


class KeptSteps:
    """Keeps a network and its optimiser in a file every ``INTERVAL`` steps.

    Steps must depend on their number, on ``settings`` and on the weights of
    ``model`` only: a file that was begun with the same ones leads to the same
    end, whatever run wrote it. Others are not continued.

    Args:
        path (str, optional): The file; None keeps nothing.
        settings (dict): Plain values.
        model (nn.Module): All weights that the steps read, as they are
            before the first one.
        net (nn.Module): The part that learns.
        optim (Optimizer): Its optimiser.
        steps (int): After so many the training is done.
    """

    def __init__(self, path: Optional[str], settings: dict, model: nn.Module,
                 net: nn.Module, optim: torch.optim.Optimizer, steps: int):
        self.path, self.net, self.optim = path, net, optim
        self.steps = steps
        if path is not None:
            known = dict(settings, steps=steps, weights=weights_hash(model))
            text = json.dumps(known, sort_keys=True)
            self.identity = hashlib.sha1(text.encode()).hexdigest()

    def resume(self) -> int:
        """Load what there is; how many steps it has seen."""
        if self.path is None or not osp.isfile(self.path):
            return 0
        found = read_checkpoint(self.path)
        if found.get('identity') != self.identity:
            return 0
        self.net.load_state_dict(found['state_dict'])
        self.optim.load_state_dict(found['optimizer'])
        return found['steps']

    def keep(self, done: int) -> None:
        """Write, if it is time to, what ``done`` steps have led to."""
        due = done % INTERVAL == 0 or done == self.steps
        if self.path is None or not due or not is_main_process():
            return
        remove_unfinished(self.path)  # a run has its folder for itself
        with atomic_write(self.path) as file:
            torch.save(
                dict(
                    state_dict=self.net.state_dict(),
                    optimizer=self.optim.state_dict(),
                    steps=done,
                    identity=self.identity), file)
