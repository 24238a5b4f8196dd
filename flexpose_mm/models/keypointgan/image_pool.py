"""A history of generated images for the discriminator."""
from typing import Tuple

import torch
from torch import Tensor, nn

from ..seeding import seeded_normal


class ImagePool(nn.Module):
    """Gives D older fakes half of the time (Shrivastava et al. 2017).

    While it fills, an image is kept and given back. Once it is full, an
    image is given back as it is or, with probability 1/2, kept in place of
    an old one that is given back instead. The draws depend on (seed,
    iteration) and the content is part of the checkpoint, so a resumed run
    goes on exactly. Each process has its own pool; a checkpoint holds that
    of the first one.

    Args:
        size (int): Images kept, 50 as published; 0 gives back what comes.
        shape (tuple): Of one image, (C, S, S).
        seed (int): Of the draws.
    """

    def __init__(self, size: int, shape: Tuple[int, int, int], seed: int = 0):
        super().__init__()
        self.size, self.seed = size, seed
        self.register_buffer('images', torch.zeros(size, *shape))
        self.register_buffer('count', torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def query(self, images: Tensor, iteration: int) -> Tensor:
        """Fakes to judge, (N, C, S, S), without a graph.

        Args:
            images (Tensor): (N, C, S, S), the newest ones.
            iteration (int): Number of the training step.
        """
        out = images.detach().float().clone()
        if self.size == 0:
            return out
        draws = seeded_normal((len(out), 2), self.seed, int(iteration), 5)
        swap = (draws[:, 0] > 0).tolist()
        slots = (torch.special.ndtr(draws[:, 1]) * self.size).long()
        slots = slots.clamp(max=self.size - 1).tolist()
        count = int(self.count)
        for i in range(len(out)):
            if count < self.size:
                self.images[count] = out[i]
                count += 1
            elif swap[i]:
                old = self.images[slots[i]].clone()
                self.images[slots[i]] = out[i]
                out[i] = old
        self.count.fill_(count)
        return out
