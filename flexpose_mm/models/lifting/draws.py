"""Random numbers of one training step, fixed by (seed, iteration)."""
from typing import Sequence

import torch
from mmengine.dist import get_rank, get_world_size
from torch import Tensor

from ..seeding import batch_slice, local_normal, seeded_generator


class Draws:
    """Draws for the clips of a batch.

    Every process draws for the global batch and keeps its rows, so that n
    processes of batch b see the numbers of one process of batch n * b.

    Args:
        seed (int): Of the run.
        iteration (int): Of the training.
        batch (int): B, clips on this process.
        device: Where the numbers are needed.
    """

    def __init__(self, seed: int, iteration: int, batch: int, device):
        self.seed, self.iteration = seed, iteration
        self.batch, self.device = batch, device

    def normal(self, stream: int, *shape: int) -> Tensor:
        """(B, \\*shape) standard normal float32."""
        return local_normal(
            self.batch,
            shape,
            self.seed,
            self.iteration,
            stream,
            device=self.device)

    def uniform(self, stream: int) -> Tensor:
        """(B,) float32 in [0, 1)."""
        generator = seeded_generator(self.seed, self.iteration, stream)
        numbers = torch.rand(
            self.batch * get_world_size(), generator=generator)
        return numbers[batch_slice(self.batch)].to(self.device)

    def generator(self, stream: int) -> torch.Generator:
        """This process's own generator, on the CPU."""
        return seeded_generator(self.seed, self.iteration, stream, get_rank())


def sample_noise(ids: Sequence[int], shape: Sequence[int], seed: int,
                 device) -> Tensor:
    """(B, \\*shape) standard normal, each row fixed by (seed, id)."""
    rows = [
        torch.randn(*shape, generator=seeded_generator(seed, 11, int(i)))
        for i in ids
    ]
    return torch.stack(rows).to(device)
