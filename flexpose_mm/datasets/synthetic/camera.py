"""Pinhole camera that looks at a person; no lens distortion."""
from typing import Dict, Tuple

import numpy as np


def look_at(elevation: np.ndarray, roll: np.ndarray, distance: np.ndarray,
            target: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Cameras on the world's +x side that look at a point.

    Args:
        elevation (np.ndarray): (N,) radians above the horizon.
        roll (np.ndarray): (N,) radians about the optical axis.
        distance (np.ndarray): (N,) metres from camera to target.
        target (np.ndarray): (N, 3) world metres.

    Returns:
        tuple: R (N, 3, 3), camera to world (columns are the camera's right,
        down and forward axis), and T (N, 3), the camera's place in metres,
        as in MMPose's ``SimpleCamera``.
    """
    ce, se = np.cos(elevation), np.sin(elevation)
    zero, one = np.zeros_like(ce), np.ones_like(ce)
    forward = np.stack([-ce, zero, -se], -1)
    right = np.stack([zero, one, zero], -1)
    down = np.cross(forward, right)
    cr, sr = np.cos(roll)[:, None], np.sin(roll)[:, None]
    R = np.stack([cr * right + sr * down, cr * down - sr * right, forward], -1)
    return R, target - distance[:, None] * forward


def world_to_camera(points: np.ndarray, R: np.ndarray,
                    T: np.ndarray) -> np.ndarray:
    """World metres (N, ..., 3) to camera metres, x right, y down, z forward.
    """
    lead = (len(points), ) + (1, ) * (points.ndim - 2)
    out = (points - T.reshape(*lead, 3)).reshape(len(points), -1, 3) @ R
    return out.reshape(points.shape)


def project(points: np.ndarray, f: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Camera metres to image pixels.

    Args:
        points (np.ndarray): (N, ..., 3), z > 0.
        f (np.ndarray): (N, 2) focal lengths in pixels.
        c (np.ndarray): (N, 2) principal point in pixels.

    Returns:
        np.ndarray: (N, ..., 2); the centre of the top-left pixel is (0, 0).
    """
    lead = (len(points), ) + (1, ) * (points.ndim - 2)
    return (points[..., :2] / points[..., 2:] * f.reshape(*lead, 2) +
            c.reshape(*lead, 2))


def camera_param(camera: Dict[str, np.ndarray], index: int) -> dict:
    """One camera in the form MMPose's transforms and codecs expect.

    Args:
        camera (dict): ``R (N, 3, 3), T (N, 3), f (N, 2), c (N, 2), w, h`` as
            made by ``make_poses``.
        index (int): Which of the N.

    Returns:
        dict: R (3, 3), T (3, 1), f (2, 1), c (2, 1) float32, w, h int.
    """
    out = dict(R=camera['R'][index])
    out.update({k: camera[k][index][:, None] for k in 'Tfc'})
    return dict(out, w=camera['w'], h=camera['h'])
