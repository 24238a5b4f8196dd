"""What can be refused before the first run starts."""
from typing import Sequence

from mmpose.registry import DATASETS, MODELS

from ..errors import UserError
from ..models.generators.style_transfer_map import resolve_layers
from .grid import CONTROLS, Run
from .variants import first_few_shot


def check_runs(runs: Sequence[Run], path: str) -> None:
    """Build each method once and draw the largest set of shots.

    Args:
        runs (Sequence[Run]): Those that are to be run.
        path (str): The comparison config, for the message.

    Raises:
        UserError: Naming what is wrong.
    """
    for layers in {run.layers for run in runs} - {None}:
        run = next(r for r in runs if r.layers == layers)
        size = run.cfg.model.generator.out_size
        resolve_layers(layers, 2 * (size.bit_length() - 1) - 2,
                       f'{path}: layers')
    if runs:
        most = max(runs, key=lambda run: run.shots)
        DATASETS.build(first_few_shot(most.cfg)).full_init()
    built = set()
    for run in runs:
        if run.method in built:
            continue
        built.add(run.method)
        model = MODELS.build(run.cfg.model)
        if run.num and model.regressor is None:
            raise UserError(path, f'{run.method}: model.regressor', None,
                            'poses are read back by beta; give its config '
                            'and checkpoint')
        if run.method != CONTROLS and not hasattr(model, 'prepare'):
            raise UserError(path, f'{run.method}: model.type',
                            run.cfg.model.type,
                            'it is no adapter; name a PoseAdapter')
