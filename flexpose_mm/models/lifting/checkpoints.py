"""Weights of D3DP, MixSTE and this project, by their key tables."""
import codecs
from contextlib import contextmanager
from typing import Dict

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from flexpose_mm.checkpoints import read_checkpoint
from flexpose_mm.errors import UserError

NET = 'pose_estimator.'
_POSITION = NET + 'Temporal_pos_embed'
_EMBEDDING = NET + 'Spatial_patch_to_embedding.weight'
_TIME_OUT = NET + 'time_mlp.3.'
TEMPORAL = ('strict', 'slice', 'interpolate')


def _numpy_random_parts() -> list:
    """What the data order (``random_state``) in a D3DP file is made of.

    They build arrays and random states and can do nothing else, so that
    these files, too, are read without running code from them.
    """
    maker = np.zeros(1).__reduce__()[0]
    return [
        np.random._pickle.__randomstate_ctor,
        np.random._pickle.__bit_generator_ctor, np.random.RandomState,
        np.random.MT19937, np.ndarray, np.dtype, np.dtypes.UInt32DType,
        codecs.encode, (codecs.encode, '_codecs.encode'), maker,
        (maker, 'numpy.core.multiarray._reconstruct'),
        (maker, 'numpy._core.multiarray._reconstruct')
    ]


@contextmanager
def _reading_d3dp():
    """Within, these parts are allowed too; torch's own context would also
    take back those of them that were allowed before."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.add_safe_globals(_numpy_random_parts())
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def lifter_state(path: str) -> Dict[str, Tensor]:
    """The diffusion model's part of a checkpoint, with D3DP's keys.

    Args:
        path (str): Checkpoint of D3DP or MixSTE (``model_pos``, keys with
            ``module.``), or of a ``PoSynDALifter``.

    Returns:
        dict[str, Tensor]: ``pose_estimator.*`` and, but for MixSTE, tables.

    Raises:
        UserError: No lifter, or an adapted one.
    """
    with _reading_d3dp():
        state = read_checkpoint(path)['state_dict']
    state = state.get('model_pos', state)
    state = {k.removeprefix('module.'): v for k, v in state.items()}
    if any(k.startswith('backbone.') for k in state):  # PoSynDALifter
        state = {
            k.removeprefix('backbone.'): v
            for k, v in state.items() if k.startswith('backbone.')
        }
    if any('.lora_down.' in k for k in state) or 'output_bias.weight' in state:
        raise UserError(
            path, 'checkpoint', 'LoRA weights',
            'this is an adapted lifter, not a source; adapt from its source, '
            'or test it with the config that made it')
    if 'Spatial_patch_to_embedding.weight' in state:  # MixSTE itself
        state = {NET + k: v for k, v in state.items()}
    if not any(k.startswith(NET) for k in state):
        raise UserError(
            path, 'checkpoint', sorted(state)[:3],
            'it holds no lifter; give a checkpoint of D3DP, MixSTE or '
            'PoSynDALifter')
    return state


def complete_mixste(own: Dict[str, Tensor], state: Dict[str, Tensor]) -> None:
    """Make MixSTE's weights, in place, those of a denoiser.

    Its embedding (D, 2) fills the columns of u and v; those of the noisy
    pose, and the last layer of the time MLP, become 0. So the denoiser
    begins as MixSTE, whatever noise and time it is given.
    """
    weight = state.get(_EMBEDDING)
    if weight is None or weight.shape[1:] != (2, ) or _EMBEDDING not in own:
        return
    state[_EMBEDDING] = torch.cat(
        [weight, weight.new_zeros(len(weight), 3)], 1)
    for key, value in own.items():
        if key not in state:
            state[key] = torch.zeros_like(value) if key.startswith(
                _TIME_OUT) else value.clone()


def fit_frames(state: Dict[str, Tensor], frames: int, temporal: str,
               path: str) -> None:
    """Bring the temporal position embedding, in place, to F frames.

    Args:
        state (dict): With D3DP's keys.
        frames (int): F of the model.
        temporal (str): 'strict' refuses another F; 'slice' keeps the middle
            F of the file's positions; 'interpolate' is linear.
        path (str): For the message.

    Raises:
        UserError: Another F and 'strict', or too few positions to slice.
    """
    if temporal not in TEMPORAL:
        raise UserError('GaussianDiffusion', 'temporal', temporal,
                        f'choose from {TEMPORAL}')
    position = state.get(_POSITION)
    if position is None or position.shape[1] == frames:
        return
    found = position.shape[1]
    if temporal == 'interpolate':
        state[_POSITION] = F.interpolate(
            position.transpose(1, 2), frames, mode='linear',
            align_corners=True).transpose(1, 2).contiguous()
    elif temporal == 'slice' and found > frames:
        first = (found - frames) // 2
        state[_POSITION] = position[:, first:first + frames].clone()
    else:
        raise UserError(
            path, 'num_frames', found,
            f'the config has {frames}; set num_frames={found}, or '
            "temporal='interpolate'" +
            (" or 'slice'" if found > frames else '') +
            ' if the clips are to have another length')


def load_lifter(diffusion: nn.Module, path: str,
                temporal: str = 'strict') -> None:
    """Load a ``GaussianDiffusion`` strictly.

    Args:
        diffusion (GaussianDiffusion): Receives the weights.
        path (str): See :func:`lifter_state`.
        temporal (str): See :func:`fit_frames`.

    Raises:
        UserError: Naming the first tensor that differs.
    """
    state, own = lifter_state(path), diffusion.state_dict()
    frames = getattr(diffusion.pose_estimator, 'num_frames', None)
    fit_frames(state, frames, temporal, path)
    complete_mixste(own, state)
    if 'betas' not in state:
        state.update({k: v for k, v in own.items() if not k.startswith(NET)})
    for key in sorted(set(own) | set(state)):
        mine, theirs = own.get(key), state.get(key)
        if mine is None or theirs is None or mine.shape != theirs.shape:
            raise UserError(
                path, key, None if theirs is None else tuple(theirs.shape),
                'the config\'s model has '
                f'{None if mine is None else tuple(mine.shape)} here; make '
                'denoiser and timesteps those of the checkpoint')
    if not torch.allclose(state['betas'].double(), own['betas'], atol=1e-6):
        raise UserError(path, 'betas', float(state['betas'][0]),
                        'another schedule than cosine; retrain')
    diffusion.load_state_dict(state, strict=True)
