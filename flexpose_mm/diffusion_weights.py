"""Stable Diffusion and ControlNet from local directories, checked.

Directories are in diffusers' layout. Nothing is downloaded and nothing is
unpickled: weights are safetensors.
"""
import glob
import hashlib
import importlib.util
import os.path as osp

import torch

from .conditions import read_json
from .errors import UserError
from .io import file_hash

_PACKAGES = ('diffusers', 'transformers', 'safetensors')
_PIPELINES = ('StableDiffusionPipeline', 'StableDiffusionControlNetPipeline')
_MODELS = ('unet', 'vae', 'text_encoder')
_TOKENS = ('tokenizer.json', 'vocab.json')
_LOADING = (OSError, ValueError, KeyError, TypeError, RuntimeError)


def require_diffusers() -> None:
    """Say what to install where the optional packages are missing.

    Raises:
        UserError: Naming them.
    """
    missing = [p for p in _PACKAGES if importlib.util.find_spec(p) is None]
    if missing:
        raise UserError('generate_images', 'packages', missing,
                        'not installed: pip install ' + ' '.join(_PACKAGES))


def _check_weights(folder: str) -> dict:
    """A model's config; UserError unless its weights are whole safetensors."""
    from safetensors import SafetensorError, safe_open
    config = read_json(
        osp.join(folder, 'config.json'),
        "give a directory in diffusers' layout (save_pretrained)")
    files = glob.glob(osp.join(glob.escape(folder), '*.safetensors'))
    if not files:
        raise UserError(folder, 'weights', None,
                        'holds no .safetensors file, and pickled weights are '
                        'not loaded; save them with safe_serialization=True')
    for path in files:
        try:
            with safe_open(path, 'pt'):
                pass
        except (SafetensorError, OSError) as error:
            raise UserError(path, 'content', str(error),
                            'damaged; copy it again') from None
    return config


def check_directories(base: str, controlnet: str) -> None:
    """Look at both directories without loading weights.

    Args:
        base (str): Stable Diffusion in diffusers' layout.
        controlnet (str): A ControlNet in diffusers' layout.

    Raises:
        UserError: A file is missing or damaged, weights are pickled, or the
            two do not belong together.
    """
    path = osp.join(base, 'model_index.json')
    index = read_json(
        path, "give a local Stable Diffusion directory in diffusers' layout")
    if index.get('_class_name') not in _PIPELINES:
        raise UserError(path, '_class_name', index.get('_class_name'),
                        f'give a directory of a {_PIPELINES[0]}')
    words = osp.join(base, 'tokenizer')
    if not any(osp.isfile(osp.join(words, name)) for name in _TOKENS):
        # transformers would go on with a tokenizer that knows no word
        raise UserError(words, 'vocabulary', None,
                        f'holds none of {", ".join(_TOKENS)}; give a whole '
                        'directory')
    others = [
        part for part in index if part not in _MODELS
        and osp.isfile(osp.join(base, part, 'config.json'))
    ]
    configs = {
        part: _check_weights(osp.join(base, part))
        for part in (*_MODELS, *others)
    }
    control = _check_weights(controlnet)
    if control.get('_class_name') != 'ControlNetModel':
        raise UserError(
            osp.join(controlnet, 'config.json'), '_class_name',
            control.get('_class_name'), 'give a directory of a '
            'ControlNetModel')
    width = configs['unet'].get('cross_attention_dim')
    if control.get('cross_attention_dim') != width:
        raise UserError(
            osp.join(controlnet, 'config.json'), 'cross_attention_dim',
            control.get('cross_attention_dim'),
            f"{base} has {width}: give a ControlNet trained for this Stable "
            'Diffusion')


def directory_hash(folder: str) -> str:
    """12 hex digits of the names and contents of weights and settings."""
    digest = hashlib.sha1()
    pattern = osp.join(glob.escape(folder), '**', '*')
    for path in sorted(glob.glob(pattern, recursive=True)):
        if path.endswith(('.safetensors', '.json', '.txt')):
            name = osp.relpath(path, folder)
            digest.update(f'{name} {file_hash(path)}\n'.encode())
    return digest.hexdigest()[:12]


def load_pipeline(base: str, controlnet: str, device: str = 'cpu'):
    """Stable Diffusion and ControlNet, ready to draw.

    Args:
        base, controlnet (str): See :func:`check_directories`.
        device (str): Half precision is used on ``cuda``.

    Returns:
        diffusers.StableDiffusionControlNetPipeline: On the device.

    Raises:
        UserError: The directories cannot be used.
    """
    require_diffusers()
    check_directories(base, controlnet)
    from diffusers import (AutoencoderKL, ControlNetModel,
                           StableDiffusionControlNetPipeline,
                           UNet2DConditionModel)
    from transformers import CLIPTextModel
    kinds = UNet2DConditionModel, AutoencoderKL, CLIPTextModel
    half = torch.device(device).type == 'cuda'
    dtype = torch.float16 if half else torch.float32
    networks = {
        part: _load_network(kind, osp.join(base, part), dtype)
        for part, kind in zip(_MODELS, kinds)
    }
    networks['controlnet'] = _load_network(ControlNetModel, controlnet, dtype)
    try:
        pipeline = StableDiffusionControlNetPipeline.from_pretrained(
            base, torch_dtype=dtype, **_local(), **networks)
    except _LOADING as error:
        raise UserError(base, 'directory', type(error).__name__,
                        f'cannot be loaded ({str(error).strip()})') from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


def _local() -> dict:
    """How diffusers is to load: no hub, no pickle, no call for packages."""
    from diffusers.utils import is_accelerate_available
    return dict(
        local_files_only=True,
        use_safetensors=True,
        low_cpu_mem_usage=is_accelerate_available())


def _load_network(kind: type, folder: str,
                  dtype: torch.dtype) -> torch.nn.Module:
    """A network with all of its weights; else UserError.

    Both libraries fill missing weights with random ones and only warn.
    """
    how = _local()
    if kind.__module__.startswith('diffusers'):
        how['torch_dtype'] = dtype  # transformers has renamed it
    try:
        network, found = kind.from_pretrained(
            folder, output_loading_info=True, **how)
    except _LOADING as error:
        raise UserError(folder, 'weights', type(error).__name__,
                        f'cannot be loaded ({str(error).strip()})') from error
    if found['missing_keys']:
        raise UserError(folder, 'weights',
                        min(found['missing_keys']), 'is missing: config.json '
                        'is of another model; give a whole directory')
    return network if 'torch_dtype' in how else network.to(dtype)
