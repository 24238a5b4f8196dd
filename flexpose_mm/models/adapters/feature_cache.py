"""Target features are the same in every epoch: compute them once."""
from typing import Callable, List, Optional

import torch
from torch import Tensor


class FeatureCache:
    """Gamma(alpha(y)) of a fixed set of poses.

    Args:
        extract (Callable): Images of poses ``rows`` -> list of (n, C, H, W).
        size (int): Number of poses.
        limit_mb (float): Memory that may be used; 0 turns caching off.
        dtype (torch.dtype): Stored type.
    """

    def __init__(self,
                 extract: Callable[[Tensor], List[Tensor]],
                 size: int,
                 limit_mb: float,
                 dtype: torch.dtype = torch.float32):
        self.extract, self.size, self.dtype = extract, size, dtype
        probe = extract(torch.arange(1))
        each = sum(f.numel() for f in probe) * dtype.itemsize
        self.megabytes = each * size / 2**20
        self.enabled = self.megabytes <= limit_mb
        self.store: Optional[List[Tensor]] = None

    def fill(self, block: int = 64) -> None:
        """Compute the features of all poses."""
        for rows in torch.arange(self.size).split(block):
            maps = [f.to(self.dtype) for f in self.extract(rows)]
            if self.store is None:
                # images of one block keep their memory format
                self.store = [
                    torch.empty((self.size, *f.shape[1:]), dtype=f.dtype,
                                device=f.device) for f in maps
                ]
                self.store = [
                    s.contiguous(memory_format=torch.channels_last)
                    if f.is_contiguous(memory_format=torch.channels_last)
                    else s for s, f in zip(self.store, maps)
                ]
            for s, f in zip(self.store, maps):
                s[rows] = f

    def __call__(self, rows: Tensor) -> List[Tensor]:
        """Features of poses ``rows`` (n,), from memory where enabled."""
        if not self.enabled:
            return self.extract(rows)
        if self.store is None:
            self.fill()
        return [s[rows] for s in self.store]
