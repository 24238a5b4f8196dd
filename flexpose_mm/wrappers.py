"""Models and networks behind distributed wrappers."""
from mmengine.model import is_model_wrapper
from torch import nn


def unwrap(module: nn.Module) -> nn.Module:
    """The network behind a distributed wrapper."""
    return module.module if is_model_wrapper(module) else module


def plain_keys(model, state: dict, prefix: str, *_) -> dict:
    """State-dict hook: no trace of distributed wrappers in a checkpoint."""
    for name, child in model.named_children():
        if is_model_wrapper(child):
            rename(state, f'{prefix}{name}.module.', f'{prefix}{name}.')
    return state


def wrapped_keys(model, state: dict, prefix: str, *_) -> None:
    """Loading hook: the inverse of :func:`plain_keys`."""
    for name, child in model.named_children():
        if is_model_wrapper(child):
            rename(state, f'{prefix}{name}.', f'{prefix}{name}.module.')


def rename(state: dict, old: str, new: str) -> None:
    """Change a prefix of keys, in place and in order."""
    for key in [k for k in state if k.startswith(old)]:
        state[new + key[len(old):]] = state.pop(key)
