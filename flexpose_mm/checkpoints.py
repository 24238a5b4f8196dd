"""Reading weights safely, and saying in one sentence why they do not fit."""
import hashlib
import json
import os
import pickle
import zipfile
from typing import Dict, Optional

import torch
import torch.nn as nn
from torch import Tensor

from .errors import UserError
from .wrappers import unwrap

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


def weights_hash(model: nn.Module) -> str:
    """Hex digits of the sha1 of all weights."""
    digest = hashlib.sha1()
    for value in model.state_dict().values():
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()


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


def check_fit(model: nn.Module, checkpoint: dict, path: str) -> None:
    """Refuse a checkpoint of another architecture.

    MMEngine loads what fits, warns of the rest, and goes on with random
    weights.

    Args:
        model (nn.Module): Built from the config; may be wrapped.
        checkpoint (dict): From :func:`read_checkpoint`.
        path (str): Its file, for the message.

    Raises:
        UserError: If a parameter is missing or has another shape.
    """
    given = checkpoint['state_dict']
    model = unwrap(model)
    for name, value in model.state_dict().items():
        if name.endswith('_extra_state'):  # what the canvas was like
            check_meta(decode_meta(given.get(name)), decode_meta(value), path)
            continue
        if name not in given:
            raise UserError(
                path, 'state_dict', name,
                'is missing: the checkpoint is of another model; use the '
                'config it was trained with')
        shape = tuple(getattr(given[name], 'shape', ()))
        if shape != tuple(value.shape):
            raise UserError(
                path, name, shape,
                f'the config builds {tuple(value.shape)}: the checkpoint is '
                'of another size or skeleton; use the config it was trained '
                'with')


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
    check_parts(own, state, path, 'generator',
                'channels, style_channels and num_mlps')
    generator.load_state_dict(state, strict=True)
    return saved


def load_discriminator(discriminator: nn.Module, path: str,
                       canvas: Optional[dict] = None) -> None:
    """Load source weights strictly.

    Args:
        discriminator (StyleGANv1Discriminator): Receives the weights.
        path (str): Checkpoint of SkeletonGAN, FreezeD, mmgeneration or
            mmagic, or the bare state dict of a discriminator.
        canvas (dict, optional): ``SkeletonPreprocessor.meta`` to check.

    Raises:
        UserError: If the file does not fit size, channels or skeleton.
    """
    whole = read_checkpoint(path)['state_dict']
    parts = ('from_rgb.', 'convs.', 'final_linear.')
    for prefix in ('discriminator.', ''):
        state = {
            k[len(prefix):]: v.float()
            for k, v in whole.items()
            if k.startswith(tuple(prefix + part for part in parts))
        }
        if 'final_linear.0.bias' in state:
            break
    else:
        raise UserError(path, 'discriminator.checkpoint', path,
                        'it holds no StyleGAN v1 discriminator; give a '
                        'checkpoint of SkeletonGAN')
    check_meta(decode_meta(whole.get('_extra_state')), canvas or {}, path)
    check_parts(discriminator.state_dict(), state, path, 'discriminator',
                'in_size and channels')
    discriminator.load_state_dict(state, strict=True)


def check_parts(own: Dict[str, Tensor], state: Dict[str, Tensor], path: str,
                network: str, arguments: str) -> None:
    """Refuse weights of a network that was built otherwise.

    Args:
        own (dict[str, Tensor]): State dict of the network of the config.
        state (dict[str, Tensor]): That of the file.
        path (str): The file.
        network (str): Name of the network.
        arguments (str): What has to be made equal.

    Raises:
        UserError: Naming the first tensor that differs.
    """
    for key in sorted(set(own) | set(state)):
        mine, theirs = own.get(key), state.get(key)
        if mine is None or theirs is None or mine.shape != theirs.shape:
            raise UserError(
                path, key,
                None if theirs is None else tuple(theirs.shape),
                f'the {network} of the config has '
                f'{None if mine is None else tuple(mine.shape)} here; make '
                f'{arguments} equal')
