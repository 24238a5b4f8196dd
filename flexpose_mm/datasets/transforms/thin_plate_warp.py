"""A second view of a single image."""
from functools import lru_cache

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...errors import UserError


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """r^2 log r between points (n, 2) and (m, 2): (n, m)."""
    square = np.square(a[:, None] - b[None]).sum(-1)
    return 0.5 * square * np.log(np.maximum(square, 1e-12))


@lru_cache(8)
def thin_plate_operator(points: int, height: int, width: int) -> np.ndarray:
    """Matrix that takes a grid's displacements to those of all pixels.

    The thin-plate spline through ``points`` x ``points`` control points on
    the pixel centres' [-1, 1] box (Bookstein 1989) is linear in their
    displacements.

    Returns:
        np.ndarray: (height * width, points ** 2) float32.
    """
    line = np.linspace(-1, 1, points)
    grid = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    n = len(grid)
    poly = np.concatenate([np.ones((n, 1)), grid], 1)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _kernel(grid, grid)
    system[:n, n:], system[n:, :n] = poly, poly.T
    inverse = np.linalg.inv(system)[:, :n]
    xy = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    pixels = np.stack(xy, -1).reshape(-1, 2)
    basis = np.concatenate(
        [_kernel(pixels, grid), np.ones((len(pixels), 1)), pixels], 1)
    return (basis @ inverse).astype(np.float32)


@TRANSFORMS.register_module()
class ThinPlateWarp(BaseTransform):
    """Random rotation, scale, shift and thin-plate warp of an image.

    Makes another view of a still image for ``UnpairedPoseImageDataset``;
    labels are not moved along. Beyond the border the edge is repeated.

    Required Keys: img (H, W, 3) uint8. Modified Keys: img.

    Args:
        warp (float): Standard deviation of the control points' displacement,
            in half sides.
        points (int): Control points along a side.
        rotation (float): Standard deviation in degrees.
        scale (float): Standard deviation of the factor.
        shift (float): Standard deviation in half sides.
    """

    def __init__(self,
                 warp: float = 0.1,
                 points: int = 4,
                 rotation: float = 5.,
                 scale: float = 0.05,
                 shift: float = 0.05):
        for name, value in dict(
                warp=warp, rotation=rotation, scale=scale,
                shift=shift).items():
            if value < 0:
                raise UserError('ThinPlateWarp', name, value, 'give >= 0')
        if points < 2:
            raise UserError('ThinPlateWarp', 'points', points, 'give >= 2')
        self.warp, self.points, self.rotation = warp, points, rotation
        self.scale, self.shift = scale, shift

    def transform(self, results: dict) -> dict:
        image = results['img']
        height, width = image.shape[:2]
        noise = np.random.randn(self.points**2 + 2, 2)
        operator = thin_plate_operator(self.points, height, width)
        moved = (operator @ (self.warp * noise[2:]).astype(np.float32))
        xy = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        places = np.stack(xy, -1).reshape(-1, 2)
        angle = np.deg2rad(self.rotation * noise[0, 0])
        turn = (1 + self.scale * noise[0, 1]) * np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle),
                                               np.cos(angle)]])
        source = places @ turn.T + self.shift * noise[1] + moved
        half = np.array([(width - 1) / 2, (height - 1) / 2])
        source = ((source + 1) * half).astype(np.float32)
        results['img'] = cv2.remap(
            image, source.reshape(height, width, 2), None, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE)
        return results

    def __repr__(self):
        return (f'{type(self).__name__}(warp={self.warp}, '
                f'points={self.points}, rotation={self.rotation}, '
                f'scale={self.scale}, shift={self.shift})')
