"""A comparison config, and the runs that it stands for."""
import copy
import os.path as osp
import re
from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple, Union

from mmengine.config import Config

from .. import cli
from ..errors import UserError
from .claims import Claim, Key, read_claims
from .columns import COLUMNS
from .variants import (METHOD_FIELDS, check_shared, first_few_shot,
                       has_layers, variant)

#: The runs that train nothing: what every method is measured beside.
CONTROLS = 'controls'
#: Their row of the generator before adaptation.
SOURCE = 'source generator'
FIELDS = ('base', 'methods', 'seeds', 'shots', 'layers', 'num', 'options',
          'claims')
Layers = Optional[Union[str, tuple]]


@dataclass(frozen=True)
class Method:
    """One line of a comparison.

    Attributes:
        cfg (Config): Its adaptation config.
        layers (tuple): What ``tau_layers`` becomes in turn; None leaves the
            config's own.
    """
    cfg: Config
    layers: Tuple[Layers, ...]


@dataclass(frozen=True)
class Comparison:
    """What a comparison config says, checked.

    Attributes:
        path (str): The config file.
        base (Config): The adaptation that all methods share.
        methods (dict[str, Method]): By name.
        seeds (tuple[int]): Each draws its own shots, mixtures and codes.
        shots (tuple[int]): Shots per class (``n_per_class``).
        num (int): Poses drawn and measured for each run; 0: none, only the
            reconstruction loss.
        claims (tuple[Claim]): To be judged by the finished runs.
    """
    path: str
    base: Config
    methods: dict
    seeds: tuple
    shots: tuple
    num: int
    claims: Tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Run:
    """One training and its measurement, or one set of controls.

    Attributes:
        name (str): Stable; also the name of its folder.
        method (str): Name of the method, or ``CONTROLS``.
        seed (int): Of everything random in it.
        shots (int): Shots per class.
        layers (tuple | str | None): ``tau_layers``, where the grid sets it.
        num (int): Poses drawn.
        cfg (Config): The adaptation, complete but for ``work_dir``.
    """
    name: str
    method: str
    seed: int
    shots: int
    layers: Layers
    num: int
    cfg: Config


def load_comparison(path: str,
                    options: Optional[dict] = None) -> Comparison:
    """Read and check a comparison config; no run is looked at.

    Its fields: ``base``, the path of an adaptation config, seen from the
    working directory as all paths in configs are; ``methods``, ``seeds``,
    ``shots`` and ``num`` as in ``Comparison``; ``layers``, entries such as
    3, (1, 3) or 'all' for the methods with ``tau_layers``; ``options``,
    changes to all methods. Names that begin with ``_`` are the file's own.

    A method is a path, or ``dict(config=path, options=dict(...),
    layers=[...])``, all optional: ``config`` is a whole adaptation config
    with the base's target and judge, by default the base itself, ``options``
    are changes to it, as in a config that inherits it (``_delete_``
    included), and ``layers`` replaces the comparison's. ``claims`` are
    judged in the report: see ``claims.read_claims``.

    Args:
        path (str): The file.
        options (dict, optional): Changes, as ``--cfg-options``.

    Raises:
        UserError: Naming the field that cannot be used.
    """
    cfg = cli.load_config(path, options)
    for name in cfg:
        if name not in FIELDS and not name.startswith('_'):
            raise UserError(path, 'field', name,
                            f'no such field; use {", ".join(FIELDS)}, and _ '
                            'before names of your own')
    base = _adaptation(path, 'base', cfg.get('base'))
    base = _merged(base, cfg.get('options'), path, 'options')
    methods = cfg.get('methods')
    if not isinstance(methods, dict) or not methods:
        raise UserError(path, 'methods', methods,
                        'give dict(name=dict(options=...), ...)')
    shots = cfg.get('shots')
    if shots is None:
        shots = [first_few_shot(base).get('n_per_class', 2)]
    comparison = Comparison(
        path=path,
        base=base,
        methods={
            name: _method(path, base, cfg, name, entry)
            for name, entry in methods.items()
        },
        seeds=_numbers(path, 'seeds', cfg.get('seeds'), 0),
        shots=_numbers(path, 'shots', shots, 1),
        num=cfg.get('num', 4000))
    if not isinstance(comparison.num, int) or comparison.num < 0 or \
            comparison.num == 1:
        raise UserError(path, 'num', comparison.num,
                        'give the number of poses to draw, at least 2, or 0 '
                        'to measure the reconstruction loss only')
    return replace(
        comparison,
        claims=read_claims(path, cfg.get('claims'), table_keys(comparison),
                           tuple(COLUMNS)))


def table_keys(comparison: Comparison) -> List[Key]:
    """The lines of the table: controls first, then the methods."""
    controls = comparison.base.test_evaluator.get('controls') or {}
    names = [(name, '') for name in (SOURCE, *controls) if comparison.num]
    names += [(name, layer_label(layers))
              for name, method in comparison.methods.items()
              for layers in method.layers]
    return [(shots, *name) for shots in comparison.shots for name in names]


def _adaptation(where: str, field: str, path) -> Config:
    """Read an adaptation config and see that it is one."""
    if not isinstance(path, str) or not osp.isfile(path):
        raise UserError(where, field, path,
                        'no such file; give the path of an adaptation '
                        'config, seen from the working directory')
    cfg = cli.load_config(path)
    for name in ('model', 'train_dataloader', 'test_evaluator'):
        if not cfg.get(name):
            raise UserError(path, name, cfg.get(name),
                            f'{field} of {where} needs it; name a config '
                            'like configs/demo/adapt_synthetic_12shot.py')
    first_few_shot(cfg)
    judge = cfg.test_evaluator
    if not isinstance(judge, dict) or 'reference' not in judge:
        raise UserError(path, 'test_evaluator', judge,
                        'methods are judged by its reference; give one '
                        'PoseDistributionMetric')
    return cfg


def _merged(cfg: Config, options: Optional[dict], path: str,
            field: str) -> Config:
    """A copy of the config with changes put in."""
    cfg = copy.deepcopy(cfg)
    try:
        cfg.merge_from_dict(copy.deepcopy(options or {}))  # which empties it
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(path, field, options, ' '.join(
            str(error).split())) from error
    return cfg


def _method(path: str, base: Config, comparison: Config, name: str,
            entry) -> Method:
    """One entry of ``methods``."""
    field = f'methods[{name!r}]'
    taken = (CONTROLS, SOURCE, *(base.test_evaluator.get('controls') or {}))
    if not re.fullmatch(r'[\w.+][\w.+ -]*', name) or name in taken:
        raise UserError(path, 'methods', name,
                        'names a folder and a line of the table: use '
                        f'letters, digits, blanks and . + - _, and none of '
                        f'{taken}')
    entry = dict(config=entry) if isinstance(entry, str) else entry
    if not isinstance(entry, dict) or set(entry) - set(METHOD_FIELDS):
        raise UserError(path, field, entry,
                        "give a config's path or dict(config=path, "
                        'options=dict(...), layers=[...]), all optional')
    cfg = base
    if entry.get('config'):
        cfg = _adaptation(path, f'{field}.config', entry['config'])
        cfg = _merged(cfg, comparison.get('options'), path, 'options')
    cfg = _merged(cfg, entry.get('options'), path, f'{field}.options')
    check_shared(base, cfg, path, field)
    if not has_layers(cfg, path, name):
        return Method(cfg, (None, ))
    return Method(
        cfg, _layers(path, entry.get('layers', comparison.get('layers'))))


def _numbers(path: str, field: str, values, least: int) -> tuple:
    """A non-empty list of different whole numbers."""
    good = isinstance(values, Sequence) and len(values) and all(
        isinstance(v, int) and v >= least for v in values)
    if not good or len(set(values)) < len(values):
        raise UserError(path, field, values,
                        f'give a list of different whole numbers >= {least}')
    return tuple(values)


def _layers(path: str, values) -> Tuple[Layers, ...]:
    """Each entry as ``tau_layers`` takes it; a number is a set of one."""
    if values is None:
        return (None, )
    if not isinstance(values, Sequence) or isinstance(values, str) or \
            not values:
        raise UserError(path, 'layers', values,
                        "give a list such as [3, (1, 3), 'all']")
    return tuple(
        value if value == 'all' else
        (value, ) if isinstance(value, int) else tuple(value)
        for value in values)


def layer_label(layers: Layers) -> str:
    """``3``, ``1+3``, ``all``, or nothing."""
    if layers is None or isinstance(layers, str):
        return layers or ''
    return '+'.join(map(str, layers))


def expand(comparison: Comparison) -> List[Run]:
    """All runs, seed by seed, so that an early look sees every method.

    Controls depend on seed and shots only and come once for each pair.
    """
    runs = []

    def add(method, cfg, seed, shots, layers=None):
        name = re.sub(' ', '_', method) + f'-n{shots}'
        name += f'-l{layer_label(layers)}' if layers is not None else ''
        runs.append(
            Run(f'{name}-s{seed}', method, seed, shots, layers,
                comparison.num, variant(cfg, seed, shots, layers)))

    for seed in comparison.seeds:
        for shots in comparison.shots:
            if comparison.num:
                add(CONTROLS, comparison.base, seed, shots)
            for name, method in comparison.methods.items():
                for layers in method.layers:
                    add(name, method.cfg, seed, shots, layers)
    names = [run.name for run in runs]
    double = [name for name in names if names.count(name) > 1]
    if double:
        raise UserError(comparison.path, 'methods', double[0],
                        'two runs have this name; name methods and layer '
                        'sets apart')
    return runs
