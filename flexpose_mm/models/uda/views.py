"""Random views of images, and back again on heatmaps.

A view is a matrix (B, 3, 3) that maps input pixels (x right, y down, the
centre of the top-left pixel is (0, 0)) of one image to those of another of
the same size.
"""
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor


def _uniform(n: int, low: float, high: float,
             rng: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=rng,
                                           dtype=torch.float64)


def _matrix(rows) -> Tensor:
    """(n, 3, 3) from nested rows of (n,) tensors and numbers."""
    n = max(len(v) for row in rows for v in row if isinstance(v, Tensor))
    return torch.stack([
        torch.stack([
            torch.as_tensor(v, dtype=torch.float64).expand(n) for v in row
        ], -1) for row in rows
    ], -2)


def _shift(n: int, x, y) -> Tensor:
    one = torch.ones(n, dtype=torch.float64)
    return _matrix([[one, 0., x], [0., 1., y], [0., 0., 1.]])


def draw_affines(n: int,
                 size: int,
                 rng: torch.Generator,
                 rotation: float = 0.,
                 shear: float = 0.,
                 translate: float = 0.,
                 scale: Tuple[float, float] = (1., 1.)) -> Tensor:
    """Random shear, scale, rotation and shift about the centre, in this
    order.

    Args:
        n (int): Number of views.
        size (int): Side of the images.
        rng (torch.Generator): On the CPU.
        rotation (float): Largest angle in degrees.
        shear (float): Largest shear of x in degrees.
        translate (float): Largest shift, share of the side.
        scale (tuple): Range of the zoom.

    Returns:
        Tensor: (n, 3, 3) float64.
    """
    angle = torch.deg2rad(_uniform(n, -rotation, rotation, rng))
    lean = torch.deg2rad(_uniform(n, -shear, shear, rng)).tan()
    zoom = _uniform(n, *scale, rng)
    x, y = (_uniform(n, -translate * size, translate * size, rng)
            for _ in range(2))
    turn = _matrix([[angle.cos(), -angle.sin(), 0.],
                    [angle.sin(), angle.cos(), 0.], [0., 0., 1.]])
    stretch = _matrix([[zoom, zoom * lean, 0.], [0., zoom, 0.],
                       [0., 0., 1.]])
    middle = (size - 1) / 2
    return _shift(n, middle + x, middle + y) @ turn @ stretch @ _shift(
        n, -middle, -middle)


def draw_crops(n: int, size: int, rng: torch.Generator,
               area: Tuple[float, float]) -> Tensor:
    """Random square crops, enlarged to the whole image.

    Args:
        n (int): Number of crops.
        size (int): Side of the images.
        rng (torch.Generator): On the CPU.
        area (tuple): Range of the crop's share of the area, at most 1.

    Returns:
        Tensor: (n, 3, 3) float64.
    """
    side = size * _uniform(n, *area, rng).sqrt()
    zoom = size / side
    x, y = ((size - side) * torch.rand(n, generator=rng, dtype=torch.float64)
            for _ in range(2))
    # of pixel edges, which lie half a pixel before the centres
    shift = [.5 * zoom - .5 - zoom * v for v in (x, y)]
    return _matrix([[zoom, 0., shift[0]], [0., zoom, shift[1]],
                    [0., 0., 1.]])


def map_matrix(matrix: Tensor, stride: int) -> Tensor:
    """The view in cells of heatmaps: cell x stands for pixel stride x."""
    scaled = matrix.clone()
    scaled[:, :2, 2] /= stride
    return scaled


def transform_points(points: Tensor, matrix: Tensor) -> Tensor:
    """Points (B, K, 2) in the view, float32."""
    matrix = matrix.to(points.device)
    moved = points.double() @ matrix[:, :2, :2].transpose(1, 2)
    return (moved + matrix[:, None, :2, 2]).float()


def warp(maps: Tensor, matrix: Tensor, mode: str = 'bilinear') -> Tensor:
    """Images or maps as a view shows them; 0 outside.

    Args:
        maps (Tensor): (B, C, h, w), differentiable.
        matrix (Tensor): (B, 3, 3) in pixels or cells of ``maps``.
        mode (str): 'bilinear' or 'nearest'.

    Returns:
        Tensor: (B, C, h, w).
    """
    h, w = maps.shape[-2:]
    back = torch.linalg.inv(matrix.double()).to(maps.device)
    y, x = torch.meshgrid(
        torch.arange(h, dtype=torch.float64, device=maps.device),
        torch.arange(w, dtype=torch.float64, device=maps.device),
        indexing='ij')
    places = torch.stack([x, y, torch.ones_like(x)], -1)
    found = torch.einsum('bij,hwj->bhwi', back, places)[..., :2]
    limit = found.new_tensor((max(w - 1, 1), max(h - 1, 1)))
    grid = (2 * found / limit - 1).to(maps.dtype)
    return F.grid_sample(maps, grid, mode, 'zeros', align_corners=True)


def color_jitter(images: Tensor, amount: float,
                 rng: torch.Generator) -> Tensor:
    """Random brightness, contrast and saturation.

    Args:
        images (Tensor): (B, 3, S, S) RGB, 0 to 255.
        amount (float): Factors are from 1 - amount to 1 + amount.
        rng (torch.Generator): On the CPU.

    Returns:
        Tensor: (B, 3, S, S), 0 to 255.
    """
    factors = 1 + amount * (2 * torch.rand(3, len(images), generator=rng) - 1)
    bright, contrast, saturate = factors.to(images.device)[..., None, None,
                                                           None]
    gray = images.new_tensor((.299, .587, .114))[:, None, None]
    images = (images * bright).clamp(0, 255)
    mean = (images * gray).sum(1, keepdim=True).mean((2, 3), keepdim=True)
    images = (mean + contrast * (images - mean)).clamp(0, 255)
    flat = (images * gray).sum(1, keepdim=True)
    return (flat + saturate * (images - flat)).clamp(0, 255)
