"""alpha: skeleton images of poses, one geometry with two back ends.

Poses are in canvas coordinates: x right, y down, [-1, 1] over the outer edges
of the square image, so that pixel = (c + 1) * S / 2 - 0.5. A limb is a
capsule of ``line_width`` pixels, a joint a disc of ``joint_radius`` pixels;
the coverage of a pixel is clamp(half_width + 0.5 - distance, 0, 1), the
distance taken from the pixel's centre. Limbs are laid over one another in
table order, then the discs. (FlexPose, AAAI 2025, section 3.1: alpha.)
"""
from functools import lru_cache
from typing import NamedTuple, Optional

import cv2
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


@lru_cache(64, typed=True)  # 64. is not 64
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


def check_style(skeleton, size, line_width=None, joint_radius=None,
                colors='rgb') -> None:
    """Raise UserError for arguments that cannot be drawn with."""
    _style(get_skeleton(skeleton), size, line_width, joint_radius, colors)


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


def _ragged(first, count):
    """Rows of (index, first[index] + 0, 1, ... count[index] - 1)."""
    index = torch.repeat_interleave(count)
    begin = count.cumsum(0) - count
    step = torch.arange(len(index), device=index.device)
    return index, step + (first - begin)[index]


@torch.no_grad()
def _near(start, stop, reach, drawn, size):
    """Pixels that primitives may cover, as flat lists, primitive by primitive.

    Row by row, the strip of half width ``reach`` around the line through the
    ends, cut by the box of the capsule.

    Args:
        start, stop (torch.Tensor): (Q, 2) ends in pixels.
        reach (torch.Tensor): (Q,) half width + 0.5.
        drawn (torch.Tensor): (Q,) bool.
        size (int): Side of the canvas.

    Returns:
        tuple: primitive, x, y, each (M,) int64.
    """
    low = torch.minimum(start, stop) - reach[:, None]
    high = torch.maximum(start, stop) + reach[:, None]
    low = low.nan_to_num().ceil().clamp(0, size).long()
    high = high.nan_to_num().floor().clamp(-1, size - 1).long()
    rows = (high - low + 1).clamp_min(0)[:, 1] * drawn
    prim, y = _ragged(low[:, 1], rows)
    dx, dy = (stop - start).unbind(1)
    dy = torch.where(dy.abs() < 1e-6, torch.full_like(dy, 1e-6), dy)
    half = (reach * torch.hypot(dx, dy) / dy.abs())[prim]
    middle = start[prim, 0] + (y - start[prim, 1]) * (dx / dy)[prim]
    # half a pixel more, so that rounding in float32 loses no pixel
    left = (middle - half - .5).clamp(0, size).ceil().long()
    right = (middle + half + .5).clamp(-1, size - 1).floor().long()
    left = torch.maximum(left, low[prim, 0])
    right = torch.minimum(right, high[prim, 0])
    row, x = _ragged(left, (right - left + 1).clamp_min(0))
    return prim[row], x, y[row]


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

    first, second = (rows(table, torch.long)
                     for table in (style.start, style.stop))
    points = keypoints.transpose(0, 1)  # primitive-major from here on
    drawn = torch.ones_like(points[first, :, 0], dtype=torch.bool)
    if visible is not None:
        seen = visible.to(device).t() > 0
        drawn = seen[first] & seen[second]
        # whatever absent joints hold, even nan, must not reach a gradient
        points = torch.where(seen[..., None], points,
                             torch.zeros_like(points))
    pixels = (points + 1) * (size / 2) - .5
    start, stop = pixels[first].flatten(0, 1), pixels[second].flatten(0, 1)
    half, drawn = rows(style.half).repeat_interleave(num), drawn.flatten()
    prim, x, y = _near(start, stop, half + .5, drawn, size)
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


def _repeat_range(first: np.ndarray, count: np.ndarray):
    """NumPy twin of ``_ragged``."""
    index = np.repeat(np.arange(len(count)), count)
    begin = np.cumsum(count) - count
    return index, np.arange(len(index)) + (first - begin)[index]


def _near_numpy(start, stop, reach, size):
    """NumPy twin of ``_near``."""
    low = np.clip(np.ceil(np.minimum(start, stop) - reach[:, None]), 0, size)
    high = np.clip(
        np.floor(np.maximum(start, stop) + reach[:, None]), -1, size - 1)
    low, high = low.astype(np.int64), high.astype(np.int64)
    prim, y = _repeat_range(low[:, 1],
                            np.maximum(high - low + 1, 0)[:, 1])
    dx, dy = (stop - start).T
    dy = np.where(np.abs(dy) < 1e-6, np.float32(1e-6), dy)
    half = (reach * np.hypot(dx, dy) / np.abs(dy))[prim]
    middle = start[prim, 0] + (y - start[prim, 1]) * (dx / dy)[prim]
    left = np.ceil(np.clip(middle - half - .5, 0, size))
    right = np.floor(np.clip(middle + half + .5, -1, size - 1))
    left = np.maximum(left.astype(np.int64), low[prim, 0])
    right = np.minimum(right.astype(np.int64), high[prim, 0])
    row, x = _repeat_range(left, np.maximum(right - left + 1, 0))
    return prim[row], x, y[row]


def _coverage_numpy(start, stop, reach, prim, x, y) -> np.ndarray:
    """NumPy/OpenCV twin of ``_coverage``, before the cut at 0."""
    bone = stop - start
    scale = bone / np.maximum(np.square(bone).sum(1, keepdims=True), 1e-12)
    table = np.concatenate([start, bone, scale, reach[:, None]], 1).T
    ax, ay, dx, dy, sx, sy, far = (column[prim] for column in table)
    px, py = x.astype(np.float32) - ax, y.astype(np.float32) - ay
    along = np.clip(px * sx + py * sy, 0, 1)
    distance = cv2.magnitude(px - along * dx, py - along * dy)
    return np.minimum(far - distance.reshape(-1), 1)


def draw_skeleton(keypoints: np.ndarray,
                  visible: Optional[np.ndarray],
                  skeleton,
                  size: int,
                  line_width: Optional[float] = None,
                  joint_radius: Optional[float] = None,
                  colors: str = 'rgb') -> np.ndarray:
    """Draw one pose with NumPy and OpenCV, anti-aliased.

    OpenCV's own line anti-aliasing has another profile (up to 110/255 off
    even at 8-fold supersampling, measured); this evaluates the coverage of
    ``render_skeletons`` itself, on the few pixels near a limb. The two back
    ends differ by at most 1/255 per pixel and channel (float32 rounding), by
    at most 0.05/255 in the mean of an image.

    Args:
        keypoints (np.ndarray): (K, 2), canvas coordinates.
        visible (np.ndarray, optional): (K,), > 0 = drawn. None: all.
        skeleton, size, line_width, joint_radius, colors: As in
            ``render_skeletons``.

    Returns:
        np.ndarray: (S, S, 3) uint8 RGB, background 0.

    Raises:
        UserError: As ``render_skeletons``.
    """
    skeleton = get_skeleton(skeleton)
    style = _style(skeleton, size, line_width, joint_radius, colors)
    keypoints = np.asarray(keypoints, np.float32)
    if keypoints.shape != (skeleton.num_joints, 2):
        raise UserError('draw_skeleton', 'keypoints.shape', keypoints.shape,
                        f'give ({skeleton.num_joints}, 2) for '
                        f'{skeleton.name}')
    pixels = (keypoints + 1) * np.float32(size / 2) - np.float32(.5)
    table = ((style.colors + 1) * 127.5).astype(np.float32)
    start, stop = style.start, style.stop
    reach = (style.half + .5).astype(np.float32)
    if visible is not None:
        seen = np.asarray(visible) > 0
        drawn = seen[start] & seen[stop]
        start, stop, reach, table = (a[drawn]
                                     for a in (start, stop, reach, table))
    start, stop = pixels[start], pixels[stop]
    prim, x, y = _near_numpy(start, stop, reach, size)
    image = np.zeros((size * size, 3), np.float32)
    if len(prim):
        alpha = _coverage_numpy(start, stop, reach, prim, x, y)
        hit = np.flatnonzero(alpha > 0)
        alpha, place = alpha[hit, None], (y * size + x)[hit]
        ends = np.searchsorted(prim[hit], np.arange(len(start) + 1)).tolist()
        for color, first, last in zip(table, ends, ends[1:]):
            where = place[first:last]
            under = image.take(where, 0)
            under += alpha[first:last] * (color - under)
            image[where] = under
    return cv2.convertScaleAbs(image).reshape(size, size, 3)
