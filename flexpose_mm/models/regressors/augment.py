"""Random poses and damaged images for beta's training, batched.

At use beta reads what a generator drew: limbs of odd length, half faded,
doubled, blurred. All functions take their randomness from a
``torch.Generator`` and work on whole batches.
"""
import math
from typing import Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def uniform(shape: Sequence[int], low: float, high: float,
            generator: Generator) -> Tensor:
    """U(low, high) float32 on the generator's device."""
    draw = torch.rand(
        *shape, generator=generator, device=generator.device)
    return low + (high - low) * draw


def maybe(n: int, prob: float, generator: Generator) -> Tensor:
    """(n, 1) float32 of ones with probability prob, else zeros."""
    return (uniform((n, 1), 0, 1, generator) < prob).float()


def rotate(points: Tensor, angle: Tensor) -> Tensor:
    """Rotate (..., 2) points by angles (...) in radians."""
    cos, sin = angle.cos(), angle.sin()
    x, y = points.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1)


def jitter_limbs(poses: Tensor, limbs: Sequence[Tuple[int, int]],
                 lengths: Tensor, angles: Tensor) -> Tensor:
    """Stretch and turn each limb about its parent, carrying its children.

    Args:
        poses (Tensor): (N, K, 2).
        limbs (Sequence): (parent, child) pairs, parents before children; the
            limb that closes a ring is left as it falls.
        lengths (Tensor): (N, L) factors.
        angles (Tensor): (N, L) radians.

    Returns:
        Tensor: (N, K, 2).
    """
    joints = list(poses.unbind(dim=1))
    moved = set()
    for i, (parent, child) in enumerate(limbs):
        if child in moved:
            continue
        bone = poses[:, child] - poses[:, parent]
        bone = rotate(bone * lengths[:, i, None], angles[:, i])
        joints[child] = joints[parent] + bone
        moved.add(child)
    return torch.stack(joints, dim=1)


def fit_canvas(poses: Tensor, visible: Tensor, padding: Tensor,
               shift: Tensor) -> Tensor:
    """Put each pose's box into the canvas, ``padding`` times as large.

    Args:
        poses (Tensor): (N, K, 2).
        visible (Tensor): (N, K); invisible joints do not count.
        padding (Tensor): (N,) canvas side over the box's longer side.
        shift (Tensor): (N, 2) in [-1, 1], share of the free margin.

    Returns:
        Tensor: (N, K, 2) canvas; the box lies in [-1, 1].
    """
    hidden = (visible <= 0).unsqueeze(-1)
    low = poses.masked_fill(hidden, math.inf).amin(dim=1)
    high = poses.masked_fill(hidden, -math.inf).amax(dim=1)
    half = ((high - low) / 2).amax(dim=-1).clamp(min=1e-3) * padding
    centred = (poses - ((high + low) / 2)[:, None]) / half[:, None, None]
    margin = 1 - (high - low) / 2 / half[:, None]
    return centred + (shift * margin)[:, None]


def augment_poses(poses: Tensor, visible: Tensor, limbs,
                  generator: Generator, rotation: float, wild: float,
                  padding: Tuple[float, float]) -> Tensor:
    """Draw a new pose near each given one, some of them far away.

    Args:
        poses (Tensor): (N, K, 2) canvas.
        visible (Tensor): (N, K).
        limbs (Sequence): (parent, child) pairs.
        generator (Generator): Source of randomness.
        rotation (float): Standard deviation of whole-body rotation, degrees.
        wild (float): Share of poses whose limbs turn by any angle.
        padding (tuple): Range of canvas side over box side.

    Returns:
        Tensor: (N, K, 2) canvas.
    """
    n, num = len(poses), len(limbs)
    randn = torch.randn(
        n, num, generator=generator, device=generator.device)
    is_wild = maybe(n, wild, generator)
    turn = randn * uniform((n, 1), 0, 0.35, generator)
    turn = turn + is_wild * uniform((n, num), -math.pi, math.pi, generator)
    spread = uniform((n, 1), 0, 0.4, generator) + 0.3 * is_wild
    lengths = 1 + spread * uniform((n, num), -1, 1, generator)
    poses = jitter_limbs(poses, limbs, lengths, turn)
    body = torch.randn(n, 1, generator=generator, device=generator.device)
    poses = rotate(poses, (body * math.radians(rotation)).expand(
        n, poses.shape[1]))
    squeeze = uniform((n, 1, 2), 0.85, 1.15, generator)
    return fit_canvas(poses * squeeze, visible,
                      uniform((n, ), *padding, generator),
                      uniform((n, 2), -1, 1, generator))


def hide_joints(visible: Tensor, prob: float, share: float,
                generator: Generator) -> Tensor:
    """Make a share of the joints of some poses invisible: (N, K)."""
    picked = maybe(len(visible), prob, generator)
    lost = uniform(visible.shape, 0, 1, generator) < share
    return visible * (1 - picked * lost.float())


def blur(images: Tensor) -> Tensor:
    """5x5 binomial blur of (N, C, S, S), edges repeated."""
    row = images.new_tensor([1., 4., 6., 4., 1.]) / 16
    channels = images.shape[1]
    kernel = row[:, None] * row[None, :]
    kernel = kernel.expand(channels, 1, 5, 5)
    padded = F.pad(images, (2, 2, 2, 2), mode='replicate')
    return F.conv2d(padded, kernel, groups=channels)


def erase(light: Tensor, boxes: int, side: Tuple[float, float], prob: float,
          generator: Generator) -> Tensor:
    """Blacken random squares of (N, C, S, S) images with background 0."""
    n, _, size, _ = light.shape
    grid = torch.linspace(0, 1, size, device=light.device)
    for _ in range(boxes):
        middle = uniform((n, 2, 1), 0, 1, generator)
        half = uniform((n, 1), *side, generator) / 2
        half = half * maybe(n, prob, generator)
        x, y = ((grid - middle).abs() <= half[:, None]).unbind(1)
        light = light.masked_fill((x[:, None, :] & y[:, :, None])[:, None], 0)
    return light


def corrupt_images(images: Tensor, generator: Generator,
                   strength: float) -> Tensor:
    """Damage skeleton images the way a generator does.

    A ghost of another pose, a wrong gain per channel, erased squares, blur,
    fine and coarse noise; each image gets its own mix, some stay clean.

    Args:
        images (Tensor): (N, 3, S, S) in [-1, 1].
        generator (Generator): Source of randomness.
        strength (float): 0 leaves the images alone, 1 is the default.

    Returns:
        Tensor: (N, 3, S, S), not clipped, as a generator's are not.
    """
    if strength == 0:
        return images
    n, channels, size, _ = images.shape

    def amount(prob, high):
        draw = maybe(n, prob, generator) * uniform((n, 1), 0, 1, generator)
        return (draw * high * strength)[:, :, None, None]

    light = (images + 1) / 2
    light = torch.maximum(light, light.roll(1, 0) * amount(.25, .6))
    gain = uniform((n, channels, 1, 1), -.5, .5, generator)
    light = light * (1 + gain * amount(.5, 1.))
    light = erase(light, 2, (.05, .25), .25 * strength, generator)
    light = light + amount(.4, 1.) * (blur(light) - light)
    noise = torch.randn(
        n, channels, size, size, generator=generator,
        device=generator.device)
    coarse = torch.randn(
        n, channels, 8, 8, generator=generator, device=generator.device)
    coarse = F.interpolate(coarse, size=(size, size), mode='bilinear')
    light = light + amount(.6, .15) * noise + amount(.3, .15) * coarse
    return light * 2 - 1
