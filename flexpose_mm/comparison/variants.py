"""Seed, shots and layers put into an adaptation config."""
import copy
import inspect
from typing import Dict, Iterator

from mmengine.config import Config
from mmpose.registry import MODELS

from ..errors import UserError

METHOD_FIELDS = ('config', 'options', 'layers')
#: Parts of a config in which methods may differ.
COMPARED = ('model', 'train_dataloader', 'optim_wrapper', 'param_scheduler',
            'train_cfg')
SEEDED = ('FewShotDataset', 'PoseMixupDataset')


def chain(dataset: dict) -> Iterator[dict]:
    """A data set's config and those that it wraps, the outermost first."""
    while isinstance(dataset, dict):
        yield dataset
        dataset = dataset.get('dataset')


def first_few_shot(cfg: Config) -> dict:
    """The node of the training data that draws the shots.

    Raises:
        UserError: There is none.
    """
    for node in chain(cfg.train_dataloader.get('dataset')):
        if node.get('type') == 'FewShotDataset':
            return node
    raise UserError(cfg.filename or 'config', 'train_dataloader.dataset',
                    cfg.train_dataloader.get('dataset', {}).get('type'),
                    'it draws no shots; put a FewShotDataset into it')


def check_shared(base: Config, cfg: Config, path: str, field: str) -> None:
    """Refuse a method with another target or judge than the base's.

    Raises:
        UserError: Naming what differs.
    """
    for name, find in {
            'the data of FewShotDataset': lambda c: first_few_shot(c).dataset,
            'test_evaluator.reference': lambda c: c.test_evaluator.reference
    }.items():
        own, other = find(base), find(cfg)
        if own != other:
            raise UserError(
                path, f'{field}: {name}', other,
                f'the base has {own!r}; methods are compared on one target, '
                'before one judge')


def flatten(tree, prefix: str = '') -> Dict[str, object]:
    """Dotted name -> value, of all leaves."""
    if not isinstance(tree, dict) or not tree:
        return {prefix: tree}
    leaves = {}
    for key, value in tree.items():
        leaves.update(flatten(value, f'{prefix}.{key}' if prefix else key))
    return leaves


def differences(base: Config, cfg: Config) -> Dict[str, object]:
    """What a method's training has otherwise than the base's.

    Returns:
        dict[str, object]: Dotted name -> the method's value. Fields that
        only the base has went with what the method replaced.
    """
    own, other = [
        flatten({part: c.to_dict().get(part) for part in COMPARED})
        for c in (base, cfg)
    ]
    return {
        name: value
        for name, value in other.items()
        if name not in own or own[name] != value
    }


def method_class(cfg: Config, path: str, name: str) -> type:
    """The registered class of a method.

    Raises:
        UserError: It is not registered.
    """
    kind = cfg.model.get('type') if isinstance(cfg.model, dict) else None
    found = MODELS.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise UserError(path, f'methods[{name!r}]: model.type', kind,
                        'no such model; correct the name, or add its module '
                        'to custom_imports of the base')
    return found


def has_layers(cfg: Config, path: str, name: str) -> bool:
    """Whether the method's constructor takes ``tau_layers``."""
    return any('tau_layers' in inspect.signature(kind.__init__).parameters
               for kind in method_class(cfg, path, name).__mro__)


def variant(cfg: Config, seed: int, shots: int, layers=None) -> Config:
    """A copy of an adaptation with one seed, number of shots and layer set.

    The seed goes to the draw of the shots, the mixtures, the augmentation
    of the shots, the codes, and the order of the batches; the controls'
    shots are those of the training.

    Args:
        cfg (Config): An adaptation config.
        seed (int): Not negative.
        shots (int): Shots per class.
        layers (tuple | str, optional): ``tau_layers``; None leaves them.

    Returns:
        Config: With validation left out.
    """
    cfg = copy.deepcopy(cfg)
    cfg.model.seed = seed
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    for data in (cfg.train_dataloader.dataset,
                 *(cfg.test_evaluator.get('controls') or {}).values()):
        for node in chain(data):
            if node.get('type') == 'FewShotDataset':
                node['n_per_class'] = shots
            if node.get('type') in SEEDED:
                node['seed'] = seed
            for step in node.get('shot_pipeline', ()):
                step['seed'] = seed
    if layers is not None:
        cfg.model.tau_layers = layers
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.train_cfg.pop('val_interval', None)
    return cfg
