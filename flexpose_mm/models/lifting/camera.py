"""Pinhole cameras with a lens, in normalised screen coordinates.

Camera frame: metres, x right, y down, z forward. Pixels: x right, y down,
origin in the image's top-left corner. A normalised point is

    x' = (2 x - w) / s,  y' = (2 y - h) / s,

with s the image width w unless another ``size`` is given (portrait images:
the longer side), so that both axes keep one scale. A camera is a vector of
nine numbers in the same unit: f'x, f'y, c'x, c'y, k1, k2, k3, p1, p2; zeros
in the last five make it linear.

The lens is the variant with which Human3.6M's common 2D files were made
(Pavllo et al., VideoPose3D, CVPR 2019), not OpenCV's: with q = (X/Z, Y/Z)
and r2 = |q|^2,

    point = f (q (1 + k1 r2 + k2 r2^2 + k3 r2^3 + p.q) + p r2) + c.

Human3.6M's own calibration means the same p in the order p2, p1; whoever has
points of that calibration hands over p reversed.
"""
from typing import Optional, Sequence

import torch
from torch import Tensor

#: Slots of a camera vector that change their sign in a mirror: c'x and p1.
MIRRORED = (2, 7)
_UNDISTORT_STEPS = 12


def normalize_screen(points, w: float, h: float,
                     size: Optional[float] = None):
    """Pixels to normalised coordinates.

    Args:
        points (Tensor | np.ndarray): (..., 2) pixels.
        w (float): Image width in pixels.
        h (float): Image height in pixels.
        size (float, optional): s, by default ``w``.

    Returns:
        Tensor | np.ndarray: (..., 2), the image spans [-w/s, w/s] and
        [-h/s, h/s].
    """
    return (2 * points - _like(points, (w, h))) / (size or w)


def denormalize_screen(points, w: float, h: float,
                       size: Optional[float] = None):
    """Inverse of :func:`normalize_screen`: (..., 2) to pixels."""
    return ((size or w) * points + _like(points, (w, h))) / 2


def _like(points, pair):
    if isinstance(points, Tensor):
        return points.new_tensor(pair)
    return points.dtype.type(pair)


def normalize_camera(f: Sequence[float],
                     c: Sequence[float],
                     k: Sequence[float] = (0., 0., 0.),
                     p: Sequence[float] = (0., 0.),
                     w: float = 1.,
                     h: float = 1.,
                     size: Optional[float] = None) -> Tensor:
    """Camera vector of pixel intrinsics.

    Args:
        f (Sequence[float]): Focal lengths x, y in pixels.
        c (Sequence[float]): Principal point x, y in pixels.
        k (Sequence[float]): Radial k1, k2, k3; they have no unit.
        p (Sequence[float]): Tangential p1, p2 in VideoPose3D's order.
        w (float): Image width in pixels.
        h (float): Image height in pixels.
        size (float, optional): As :func:`normalize_screen`.

    Returns:
        Tensor: (9,) float32.
    """
    f, c, k, p = (
        torch.as_tensor(v, dtype=torch.float64) for v in (f, c, k, p))
    scale = size or w
    return torch.cat([2 * f / scale,
                      normalize_screen(c, w, h, scale), k, p]).float()


def flip_camera(camera: Tensor) -> Tensor:
    """Camera (..., 9) that sees the mirrored scene: x -> -x."""
    sign = torch.ones_like(camera)
    sign[..., list(MIRRORED)] = -1
    return camera * sign


def expand_camera(camera: Tensor, dim: int) -> Tensor:
    """Camera (..., 9) with axes put in before its last, ``dim`` in all."""
    missing = dim - camera.dim()
    if missing <= 0:
        return camera
    return camera.reshape(*camera.shape[:-1], *(1, ) * missing,
                          camera.shape[-1])


def _rays(points: Tensor) -> Tensor:
    """(..., 3) camera metres to (X/Z, Y/Z), each clamped to [-1, 1]."""
    return (points[..., :2] / points[..., 2:]).clamp(-1, 1)


def _distort(q: Tensor, k: Tensor, p: Tensor):
    """Factor and summand of the lens at rays q (..., 2)."""
    r2 = q.square().sum(-1, keepdim=True)
    k1, k2, k3 = k.split(1, -1)
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return radial + (p * q).sum(-1, keepdim=True), p * r2


def project(points: Tensor, camera: Tensor) -> Tensor:
    """G of the paper: camera metres through the lens to the screen.

    Args:
        points (Tensor): (..., J, 3) absolute positions in the camera frame.
        camera (Tensor): (..., 9), leading axes those of ``points``; axes
            that are missing on the right (frames, hypotheses) are put in,
            so (B, 9) goes with (B, F, J, 3).

    Returns:
        Tensor: (..., J, 2) normalised. X/Z and Y/Z are clamped to [-1, 1].
    """
    f, c, k, p = expand_camera(camera, points.dim()).split([2, 2, 3, 2], -1)
    q = _rays(points)
    factor, summand = _distort(q, k, p)
    return f * (q * factor + summand) + c


def project_linear(points: Tensor, camera: Tensor) -> Tensor:
    """:func:`project` without the lens: the last five slots are ignored."""
    f, c = expand_camera(camera, points.dim())[..., :4].split([2, 2], -1)
    return f * _rays(points) + c


def unproject(keypoints: Tensor, camera: Tensor) -> Tensor:
    """Rays of screen points; inverse of :func:`project` up to the depth.

    The lens is undone by fixed-point steps, which contract for lenses as
    mild as Human3.6M's (error below 1e-6 within the image).

    Args:
        keypoints (Tensor): (..., J, 2) normalised.
        camera (Tensor): (..., 9) as in :func:`project`.

    Returns:
        Tensor: (..., J, 2), X/Z and Y/Z.
    """
    f, c, k, p = expand_camera(camera, keypoints.dim()).split([2, 2, 3, 2], -1)
    bent = (keypoints - c) / f
    if not camera[..., 4:].any():
        return bent
    q = bent
    for _ in range(_UNDISTORT_STEPS):
        factor, summand = _distort(q, k, p)
        q = (bent - summand) / factor
    return q
