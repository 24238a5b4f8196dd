"""alpha: skeleton images of poses, one geometry with two back ends.

Poses are in canvas coordinates: x right, y down, [-1, 1] over the outer edges
of the square image, so that pixel = (c + 1) * S / 2 - 0.5. A limb is a
capsule of ``line_width`` pixels, a joint a disc of ``joint_radius`` pixels;
the coverage of a pixel is clamp(half_width + 0.5 - distance, 0, 1), the
distance taken from the pixel's centre. Limbs are laid over one another in
table order, then the discs. (FlexPose, AAAI 2025, section 3.1: alpha.)
"""
from typing import NamedTuple, Optional

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from .errors import UserError
from .skeletons import Skeleton, get_skeleton


class _Style(NamedTuple):
    """What is drawn: P primitives, limbs first, then joint discs."""
    start: np.ndarray  # (P,) joint at one end
    stop: np.ndarray  # (P,) joint at the other end; the same for discs
    half: np.ndarray  # (P,) half width or radius in pixels
    colors: np.ndarray  # (P, 3) float in [-1, 1]


def _style(skeleton: Skeleton, size: int, line_width: Optional[float],
           joint_radius: Optional[float], colors: str) -> _Style:
    if not isinstance(size, (int, np.integer)) or size < 4:
        raise UserError('render_skeletons', 'size', size,
                        'give a whole number of pixels, at least 4')
    if colors not in ('rgb', 'gray'):
        raise UserError('render_skeletons', 'colors', colors,
                        "use 'rgb' or 'gray'")
    width = size / 32 if line_width is None else line_width
    radius = .625 * width if joint_radius is None else joint_radius
    for name, value in (('line_width', width), ('joint_radius', radius)):
        if not 0 < value < size:
            raise UserError('render_skeletons', name, value,
                            f'give pixels between 0 and {size}')
    joints = np.arange(skeleton.num_joints)
    limbs = np.array(skeleton.limbs, int).reshape(-1, 2)
    table = np.concatenate([skeleton.colors, skeleton.joint_colors])
    if colors == 'gray':
        table = np.full_like(table, 255)
    half = np.repeat([width / 2, radius], [len(limbs), len(joints)])
    return _Style(np.concatenate([limbs[:, 0], joints]),
                  np.concatenate([limbs[:, 1], joints]),
                  half, table / 127.5 - 1)


class _Over(torch.autograd.Function):
    """Lay samples over a background of -1, primitive after primitive.

    Within one primitive every image pixel occurs at most once, so that each
    step is one gather, one lerp and one scatter on the flat image.
    """

    @staticmethod
    def forward(ctx, alpha, place, colors, counts, num_pixels):
        """alpha (M,), place (M,) flat pixel, colors (P, 3), counts: samples
        of each primitive -> (num_pixels, 3)."""
        image = alpha.new_full((num_pixels, 3), -1)
        keep = ctx.needs_input_grad[0]
        below = alpha.new_empty((len(alpha) if keep else 0, 3))
        first = 0
        for color, count in zip(colors, counts):
            part = slice(first, first + count)
            first += count
            if count:
                under = image[place[part]]
                if keep:
                    below[part] = under
                image[place[part]] = torch.lerp(under, color,
                                                alpha[part, None])
        if keep:
            ctx.save_for_backward(alpha, place, colors, below)
            ctx.counts, ctx.num_pixels = counts, num_pixels
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        alpha, place, colors, below = ctx.saved_tensors
        through = torch.empty_like(alpha)  # what later primitives let pass
        light = alpha.new_ones(ctx.num_pixels)
        last = len(alpha)
        for count in reversed(ctx.counts):
            part = slice(last - count, last)
            last -= count
            if count:
                before = light[place[part]]
                through[part] = before
                light[place[part]] = before * (1 - alpha[part])
        counts = torch.tensor(ctx.counts, device=alpha.device)
        color = torch.repeat_interleave(colors, counts, dim=0)
        slope = ((color - below) * grad[place]).sum(1)
        return slope * through, None, None, None, None


def _windows(start, stop, half, drawn, size):
    """Pixels near each primitive, as flat lists.

    Args:
        start, stop (torch.Tensor): (Q, 2) ends in pixels.
        half (torch.Tensor): (Q,) half widths.
        drawn (torch.Tensor): (Q,) bool.

    Returns:
        tuple: primitive (M,) int64, x (M,), y (M,) int64.
    """
    reach = half[:, None] + .5
    low = torch.minimum(start, stop).sub(reach).nan_to_num().ceil()
    high = torch.maximum(start, stop).add(reach).nan_to_num().floor()
    low = low.clamp(0, size).long()
    extent = (high.clamp(-1, size - 1).long() - low + 1).clamp_min(0)
    area = extent.prod(1) * drawn
    prim = torch.repeat_interleave(area)
    first = area.cumsum(0) - area
    offset = torch.arange(len(prim), device=prim.device) - first[prim]
    width = extent[prim, 0]
    row = torch.div(offset, width, rounding_mode='floor')
    return (prim, offset - row * width + low[prim, 0], row + low[prim, 1])


def _coverage(start, stop, half, prim, x, y):
    """clamp(half + 0.5 - distance to the segment, 0, 1) for M samples."""
    bone = stop - start
    scale = bone / bone.square().sum(1, keepdim=True).clamp_min(1e-12)
    ax, ay, dx, dy, sx, sy, reach = torch.cat(
        [start, bone, scale, half[:, None] + .5], 1)[prim].unbind(1)
    px, py = x - ax, y - ay
    along = (px * sx + py * sy).clamp(0, 1)
    square = (px - along * dx).square() + (py - along * dy).square()
    # the root has no slope at 0; the clamp keeps nan out of the gradient
    return (reach - square.clamp_min(1e-12).sqrt()).clamp(0, 1)


def render_skeletons(keypoints: torch.Tensor,
                     visible: Optional[torch.Tensor],
                     skeleton,
                     size: int,
                     line_width: Optional[float] = None,
                     joint_radius: Optional[float] = None,
                     colors: str = 'rgb') -> torch.Tensor:
    """Draw a batch of poses; differentiable in ``keypoints`` (once).

    Work is done only on the pixels near each limb or joint, all poses
    together, so that cost grows with the area drawn, not with N * P * S^2.

    Args:
        keypoints (torch.Tensor): (N, K, 2) float, canvas coordinates.
        visible (torch.Tensor, optional): (N, K), > 0 = drawn. None: all.
            A limb is drawn if both ends are.
        skeleton (str | Skeleton | dict): See ``get_skeleton``.
        size (int): Side S of the images in pixels.
        line_width (float, optional): Pixels; default S / 32.
        joint_radius (float, optional): Pixels; default 0.625 line_width.
        colors (str): 'rgb' or 'gray' (everything white).

    Returns:
        torch.Tensor: (N, 3, S, S) RGB in [-1, 1], background -1.

    Raises:
        UserError: Wrong number of joints, size, width or colors.
    """
    skeleton = get_skeleton(skeleton)
    style = _style(skeleton, size, line_width, joint_radius, colors)
    num, device = len(keypoints), keypoints.device
    if keypoints.shape[1:] != (skeleton.num_joints, 2):
        raise UserError(
            'render_skeletons', 'keypoints.shape', tuple(keypoints.shape),
            f'give (N, {skeleton.num_joints}, 2) for {skeleton.name}')

    def rows(table, dtype=keypoints.dtype):
        return torch.as_tensor(table, dtype=dtype, device=device)

    # primitive-major order: all poses' first limb, then the second, ...
    pixels = (keypoints.transpose(0, 1) + 1) * (size / 2) - .5
    start = pixels[rows(style.start, torch.long)].flatten(0, 1)
    stop = pixels[rows(style.stop, torch.long)].flatten(0, 1)
    half = rows(style.half).repeat_interleave(num)
    drawn = torch.ones_like(start[:, 0], dtype=torch.bool)
    if visible is not None:
        seen = visible.to(device).t() > 0
        drawn = (seen[rows(style.start, torch.long)]
                 & seen[rows(style.stop, torch.long)]).flatten()
    with torch.no_grad():
        prim, x, y = _windows(start, stop, half, drawn, size)
    alpha = _coverage(start, stop, half, prim, x, y)
    hit = alpha.detach().nonzero()[:, 0]
    prim = prim[hit]
    place = ((prim % max(num, 1)) * size + y[hit]) * size + x[hit]
    counts = torch.bincount(
        torch.div(prim, max(num, 1), rounding_mode='floor'),
        minlength=len(style.half)).tolist()
    image = _Over.apply(alpha[hit], place, rows(style.colors), counts,
                        num * size * size)
    return image.view(num, size, size, 3).permute(0, 3, 1, 2).contiguous()
