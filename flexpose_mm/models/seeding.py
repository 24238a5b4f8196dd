"""Random codes that depend on (seed, index) and on nothing else."""
from contextlib import contextmanager
from typing import Sequence

import torch
from mmengine.dist import get_rank, get_world_size
from torch import Tensor


def seeded_generator(seed: int, *stream: int) -> torch.Generator:
    """A generator on the CPU, fixed by ``seed`` and the stream's numbers.

    Args:
        seed (int): Seed of the run.
        *stream (int): What it is for, such as (iteration, network).
    """
    key = 1469598103934665603
    for number in (seed, *stream):  # FNV-1a: near numbers, far streams
        key = ((key ^ (int(number) & 0xffffffff)) * 1099511628211) % 2**63
    return torch.Generator().manual_seed(key)


def seeded_normal(shape: Sequence[int], seed: int, *stream: int) -> Tensor:
    """N(0, I) float32 of :func:`seeded_generator`, of a shape."""
    return torch.randn(*shape, generator=seeded_generator(seed, *stream))


def batch_slice(local: int) -> slice:
    """This process's rows of the global batch.

    Every process draws the global batch and keeps its own rows, so n
    processes of batch b see what one process of batch n*b sees.
    """
    return slice(get_rank() * local, (get_rank() + 1) * local)


def local_normal(local: int, shape: Sequence[int], seed: int, *stream: int,
                 device=None) -> Tensor:
    """This process's share of a global batch of seeded normals."""
    total = local * get_world_size()
    draw = seeded_normal((total, *shape), seed, *stream)
    return draw[batch_slice(local)].to(device)


@contextmanager
def frozen(module: torch.nn.Module):
    """Within, ``module`` passes gradients but collects none."""
    states = [p.requires_grad for p in module.parameters()]
    module.requires_grad_(False)
    try:
        yield
    finally:
        for p, state in zip(module.parameters(), states):
            p.requires_grad_(state)
