"""UDAPE's terms on target images (Kim et al., ECCV 2022)."""
from typing import Iterable, Tuple

import torch
from torch import Tensor, nn


def confident_joints(activation: Tensor, share: float = .5) -> Tensor:
    """The joints above the share's quantile of the whole batch.

    Args:
        activation (Tensor): (B, K) maxima of the teacher's maps.
        share (float): Share of the B K joints at or below the threshold.

    Returns:
        Tensor: (B, K) bool.
    """
    k = int(share * activation.numel())
    if k < 1:
        return torch.ones_like(activation, dtype=torch.bool)
    return activation > activation.flatten().kthvalue(k).values


def consistency_loss(student: Tensor, label: Tensor,
                     mask: Tensor) -> Tensor:
    """Squared error on the confident joints, mean over all elements.

    Args:
        student (Tensor): (B, K, h, w), brought back to the common view.
        label (Tensor): (B, K, h, w) Gaussians at the teacher's maxima.
        mask (Tensor): (B, K) bool.

    Returns:
        Tensor: Scalar.
    """
    error = (student.float() - label) * mask[..., None, None]
    return error.square().mean()


@torch.no_grad()
def ema_update(teacher: Iterable[nn.Parameter],
               student: Iterable[nn.Parameter], alpha: float = .999) -> None:
    """teacher <- alpha teacher + (1 - alpha) student; parameters only."""
    for mean, new in zip(teacher, student):
        mean.lerp_(new.to(mean.dtype), 1 - alpha)


def _patch(size: int, middle: int, half: int) -> Tuple[int, int]:
    """First and last pixel + 1 of a patch around ``middle``, inside."""
    first = min(max(middle - half, 0), max(size - 2 * half, 0))
    return first, min(first + 2 * half, size)


def occlude_joints(images: Tensor,
                   cells: Tensor,
                   activation: Tensor,
                   stride: int,
                   rng: torch.Generator,
                   threshold: float = .9,
                   probability: float = .5,
                   half: int = 10) -> Tensor:
    """Cover one sure joint by another place of the same image.

    Args:
        images (Tensor): (B, C, S, S).
        cells (Tensor): (B, K, 2) x, y of the teacher's maxima.
        activation (Tensor): (B, K) the maxima.
        stride (int): Pixels of a cell.
        rng (torch.Generator): On the CPU.
        threshold (float): Joints from here on are sure.
        probability (float): Of an image with a sure joint to be changed.
        half (int): Half the side of the patch in pixels.

    Returns:
        Tensor: A copy, (B, C, S, S).
    """
    images = images.clone()
    draws = torch.rand(len(images), 4, generator=rng).tolist()
    height, width = images.shape[-2:]
    for image, where, sure, (coin, pick, u, v) in zip(
            images, cells.tolist(), (activation >= threshold).tolist(),
            draws):
        found = [place for place, yes in zip(where, sure) if yes]
        if not found or coin > probability:
            continue
        x, y = (stride * c for c in found[int(pick * len(found))])
        left, right = _patch(width, x, half)
        top, bottom = _patch(height, y, half)
        a = int(u * (width - (right - left) + 1))
        b = int(v * (height - (bottom - top) + 1))
        image[:, top:bottom, left:right] = image[:, b:b + bottom - top,
                                                 a:a + right - left].clone()
    return images
