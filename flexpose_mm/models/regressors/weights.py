"""Small files of beta's weights, and loading them with a check.

    python -m flexpose_mm.models.regressors.weights CONFIG CHECKPOINT OUT

turns a training checkpoint into such a file: weights only, as float16.
"""
import sys
from typing import Dict

import torch
from torch import Tensor, nn

from flexpose_mm.checkpoints import (check_meta, decode_meta, encode_meta,
                                     read_checkpoint)
from flexpose_mm.errors import UserError

_OWN = ('backbone.', 'head.')


def regressor_state(checkpoint: dict, path: str) -> Dict[str, Tensor]:
    """beta's weights in a file of beta or of a model that holds one.

    Returns:
        dict[str, Tensor]: Without prefix, floats as float32, and
        ``_extra_state`` if the file has it.
    """
    state = checkpoint['state_dict']
    prefix = '' if 'head.final_layer.weight' in state else 'regressor.'
    part = {
        key[len(prefix):]: value
        for key, value in state.items() if key.startswith(prefix)
    }
    if 'head.final_layer.weight' not in part:
        raise UserError(path, 'state_dict', sorted(state)[:3],
                        'it holds no SkeletonRegressor; train one with '
                        'configs/flexpose/beta_mpii_64.py')
    return {
        key: value.float() if value.is_floating_point() else value
        for key, value in part.items()
        if key.startswith(_OWN) or key == '_extra_state'
    }


def load_regressor(model: nn.Module, path: str) -> dict:
    """Load beta's weights strictly.

    Args:
        model (SkeletonRegressor): Receives them.
        path (str): File of :func:`save_regressor` or a training checkpoint.

    Returns:
        dict: The file's description of its canvas ({} if it has none).

    Raises:
        UserError: Missing or damaged file, other skeleton, size or widths.
    """
    state = regressor_state(read_checkpoint(path), path)
    saved = decode_meta(state.pop('_extra_state', None))
    check_meta(saved, model.canvas, path)
    own = {k: v for k, v in model.state_dict().items() if k.startswith(_OWN)}
    for key in sorted(set(own) | set(state)):
        mine, theirs = own.get(key), state.get(key)
        if mine is None or theirs is None or mine.shape != theirs.shape:
            raise UserError(
                path, key, None if theirs is None else tuple(theirs.shape),
                'the config builds '
                f'{None if mine is None else tuple(mine.shape)} here; make '
                'widths, size and num_joints equal to those of the training')
    model.load_state_dict(state, strict=False)
    return saved


def save_regressor(model: nn.Module, path: str) -> None:
    """Write beta's weights as float16 with a description of the canvas.

    Args:
        model (SkeletonRegressor): Trained.
        path (str): The ``.pth`` file.
    """
    state = {
        key: value.half() if value.is_floating_point() else value
        for key, value in model.state_dict().items() if key.startswith(_OWN)
    }
    state = {k: v.detach().cpu().contiguous() for k, v in state.items()}
    state['_extra_state'] = encode_meta(model.canvas)
    torch.save(dict(meta=model.canvas, state_dict=state), path)


def main(config: str, checkpoint: str, out: str) -> None:
    """Export a training checkpoint."""
    from mmengine.config import Config
    from mmpose.registry import MODELS
    model = MODELS.build(Config.fromfile(config).model)
    load_regressor(model, checkpoint)
    save_regressor(model, out)


if __name__ == '__main__':
    from flexpose_mm import cli
    sys.exit(cli.run(lambda: main(*sys.argv[1:])))
