"""From a config and a checkpoint to a model that is ready for use."""
import copy
from typing import Iterator, Optional, Sequence, Union

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn

from . import cli
from .checkpoints import check_fit, read_checkpoint
from .errors import UserError


def nodes(tree) -> Iterator[dict]:
    """All dicts of a config."""
    if isinstance(tree, dict):
        yield tree
    if isinstance(tree, (dict, list, tuple)):
        for child in tree.values() if isinstance(tree, dict) else tree:
            yield from nodes(child)


def name_of(cfg: Config) -> str:
    """What messages call a config."""
    return cfg.filename or 'config'


def read_model_config(config: Union[str, Config],
                      options: Optional[dict],
                      remedy: str,
                      fields: Sequence[str] = ('model', )) -> Config:
    """A copy of a config with changes, its registries' scope set.

    Args:
        config (str | Config): The config or its file.
        options (dict, optional): Changes, as ``--cfg-options``.
        remedy (str): What to do about a config without one of ``fields``.
        fields (Sequence[str]): What it must have.

    Raises:
        UserError: It cannot be read, or lacks a field.
    """
    if isinstance(config, Config):
        cfg = cli.merge_options(copy.deepcopy(config), options)
    else:
        cfg = cli.load_config(str(config), options)
    for field in fields:
        if cfg.get(field) is None:
            raise UserError(name_of(cfg), field, None, remedy)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return cfg


def leave_out_sources(model: dict) -> None:
    """Let a model be built without the files that its parts start from.

    A checkpoint of the whole model holds their weights, too. MMEngine's
    ``init_cfg`` stays; it is read when a training begins.

    Args:
        model (dict): Config of the model, changed in place.
    """
    for node in nodes(model):
        if 'checkpoint' in node and node.get('type') != 'Pretrained':
            node['checkpoint'] = None


def load_weights(model: nn.Module, path: str) -> None:
    """Load a checkpoint of the same model, skeleton and size.

    Args:
        model (nn.Module): Receives the weights.
        path (str): A checkpoint of tools/train.py.

    Raises:
        UserError: It is missing, damaged, or of another model.
    """
    checkpoint = read_checkpoint(path)
    check_fit(model, checkpoint, path)
    model.load_state_dict(checkpoint['state_dict'], strict=False)


def init_model(cfg: Config, checkpoint: Optional[str], device: str,
               method: str, remedy: str) -> nn.Module:
    """Build a model for use.

    Args:
        cfg (Config): From :func:`read_model_config`.
        checkpoint (str, optional): Trained weights; None leaves those that
            the config loads by itself.
        device (str): Such as ``'cuda:0'``.
        method (str): What the model must be able to do.
        remedy (str): What to do about a model that has no such method.

    Returns:
        nn.Module: In evaluation mode; ``.cfg`` is the config.

    Raises:
        UserError: The config or the checkpoint cannot be used.
    """
    node = copy.deepcopy(cfg.model)
    if checkpoint is not None:
        leave_out_sources(node)
    model = MODELS.build(node)
    if not hasattr(model, method):
        raise UserError(name_of(cfg), 'model.type', cfg.model.type, remedy)
    if checkpoint is not None:
        load_weights(model, checkpoint)
    model.cfg = cfg
    return model.to(device).eval()
