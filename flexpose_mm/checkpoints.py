"""Reading weights safely, and saying in one sentence why they do not fit."""
import json
import os
import pickle
import zipfile
from typing import Dict, Optional

import torch
import torch.nn as nn
from torch import Tensor

from .errors import UserError

#: Where a generator may stand in a file; the averaged weights come first.
GENERATOR_PREFIXES = ('generator_ema.module.', 'generator_ema.', 'generator.',
                      '')


def read_checkpoint(path: str, field: str = 'checkpoint') -> dict:
    """Open a checkpoint without running code from it, and check it is whole.

    Args:
        path (str): A ``.pth`` file.
        field (str): Name of the option, for the message.

    Returns:
        dict: The checkpoint on the CPU; a bare state dict comes as
        ``dict(state_dict=...)``.

    Raises:
        UserError: If the file is missing, truncated, no checkpoint, or
            holds anything but weights and MMEngine's own records.
    """
    if not os.path.isfile(path):
        raise UserError(
            'checkpoint', field, str(path),
            'no such file; train it first, or mend the path')
    try:
        found = torch.load(
            path,
            map_location='cpu',
            weights_only=True,
            mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        text = str(error)
        name = text.split('GLOBAL ')[-1].split()[0] \
            if 'GLOBAL ' in text else 'unreadable data'
        raise UserError(
            path, 'content', name, 'refused: not plain weights (it is damaged '
            'or would run code); use a checkpoint you trained') from error
    except Exception as error:  # stray bytes lead the unpickler anywhere
        raise UserError(path, field, os.path.getsize(path),
                        'bytes are not a whole checkpoint; it is truncated '
                        'or damaged, use an earlier one') from error
    if not isinstance(found, dict):
        raise UserError(path, 'content',
                        type(found).__name__,
                        'no checkpoint: expected a dict with state_dict')
    return found if 'state_dict' in found else dict(state_dict=found)


def encode_meta(meta: dict) -> Tensor:
    """A plain dict as a uint8 tensor, the only thing all savers accept."""
    text = json.dumps(meta, sort_keys=True)
    return torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)


def decode_meta(state: Optional[Tensor]) -> dict:
    """Inverse of :func:`encode_meta`; {} for None."""
    if state is None:
        return {}
    return json.loads(bytes(state.cpu().numpy().tobytes()).decode())


def check_meta(saved: dict, own: dict, where: str) -> None:
    """Refuse weights that were trained on another canvas.

    Raises:
        UserError: Naming the first field that differs.
    """
    for key in ('skeleton', 'fingerprint', 'size', 'colors'):
        if key in saved and key in own and saved[key] != own[key]:
            raise UserError(
                where, key, saved[key],
                f'the checkpoint was trained with this, the config asks for '
                f'{own[key]!r}; use the checkpoint that fits or change the '
                'config')


def generator_state(ckpt: dict, path: str) -> Dict[str, Tensor]:
    """The generator's part of a checkpoint of this project or mmgeneration.

    Returns:
        dict[str, Tensor]: State dict without prefix, floats as float32.
    """
    state = ckpt['state_dict']
    for prefix in GENERATOR_PREFIXES:
        part = {
            k[len(prefix):]: v
            for k, v in state.items() if k.startswith(prefix)
        }
        if 'convs.0.conv1.input' in part:
            return {
                k: v.float()
                for k, v in part.items() if isinstance(v, Tensor)
                and k.split('.')[0] in ('style_mapping', 'convs', 'to_rgbs',
                                        'tau') or k.startswith('injected_')
            }
    raise UserError('checkpoint', 'path', str(path),
                    'it holds no StyleGAN v1 generator; give a checkpoint '
                    'of SkeletonGAN, PriorWarmStart or an adapter')


def load_generator(generator: nn.Module, path: str,
                   canvas: Optional[dict] = None) -> dict:
    """Load source weights strictly; keys of tau may be missing.

    Args:
        generator (StyleGANv1Generator): Receives the weights.
        path (str): Checkpoint of SkeletonGAN, an adapter, mmgeneration or
            mmagic.
        canvas (dict, optional): ``SkeletonPreprocessor.meta`` to check.

    Returns:
        dict: The checkpoint's own description of its canvas ({} if foreign).

    Raises:
        UserError: If the file does not fit size, channels or skeleton.
    """
    ckpt = read_checkpoint(path)
    state = generator_state(ckpt, path)
    size = 2**(2 + max(
        int(k.split('.')[1]) for k in state if k.startswith('to_rgbs.')))
    if size != generator.out_size:
        raise UserError(path, 'out_size', generator.out_size,
                        f'the checkpoint draws {size} px; set out_size={size} '
                        'or use another checkpoint')
    saved = decode_meta(ckpt['state_dict'].get('_extra_state'))
    check_meta(saved, canvas or {}, path)
    own = generator.state_dict()
    for key, value in own.items():
        if key.startswith('tau.'):
            state.setdefault(key, value)
    for key in sorted(set(own) | set(state)):
        mine, theirs = own.get(key), state.get(key)
        if mine is None or theirs is None or mine.shape != theirs.shape:
            raise UserError(
                path, key,
                None if theirs is None else tuple(theirs.shape),
                'the generator of the config has '
                f'{None if mine is None else tuple(mine.shape)} here; make '
                'channels, style_channels and num_mlps equal')
    generator.load_state_dict(state, strict=True)
    return saved
