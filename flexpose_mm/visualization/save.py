"""Write figures to disk, whole or not at all."""
import io
import itertools
import os.path as osp
import tempfile
from typing import Iterable

import cv2
import numpy as np
from PIL import Image

from flexpose_mm.errors import UserError
from flexpose_mm.io import write_atomically


def save_image(image: np.ndarray, path: str) -> str:
    """Write an RGB image atomically, making folders as needed.

    For a run's own log use MMEngine's ``Visualizer.add_image`` with the
    same array.

    Args:
        image (np.ndarray): (H, W, 3) RGB uint8.
        path (str): File name; its ending (.png, .jpg, .webp ...) sets the
            format.

    Returns:
        str: ``path``.

    Raises:
        UserError: If the array is no such image, the format is unknown, or
            the folder cannot be written.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise UserError('save_image', 'image', (image.shape, image.dtype),
                        'give an (H, W, 3) uint8 RGB array')
    ending = osp.splitext(path)[1]
    try:
        done, data = cv2.imencode(ending, image[..., ::-1])
    except cv2.error:
        done = False
    if not done:
        raise UserError('save_image', 'path', path,
                        'ends in no known image format, use .png or .jpg')
    return _put(data.tobytes(), path, 'save_image')


def save_animation(frames: Iterable[np.ndarray],
                   path: str,
                   fps: float = 10.) -> str:
    """Write RGB frames as GIF, or as MP4 where OpenCV can, atomically.

    Args:
        frames (Iterable[np.ndarray]): (H, W, 3) RGB uint8, all of one size;
            read one at a time.
        path (str): Ends in .gif or .mp4.
        fps (float): Frames per second; a GIF holds at most 50.

    Returns:
        str: ``path``.

    Raises:
        UserError: No frame, another ending, no MP4 encoder, or the folder
            cannot be written.
    """
    where = 'save_animation'
    if not fps > 0:
        raise UserError(where, 'fps', fps, 'give a number above 0')
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise UserError(where, 'frames', [], 'give at least one frame')
    frames = itertools.chain([first], frames)
    if path.endswith('.gif'):
        return _put(_gif(frames, fps), path, where)
    if path.endswith('.mp4'):
        return _put(_mp4(frames, fps, first.shape, where), path, where)
    raise UserError(where, 'path', path, 'must end in .gif or .mp4')


def _gif(frames: Iterable[np.ndarray], fps: float) -> bytes:
    """Bytes of an endless GIF."""
    images = (Image.fromarray(frame) for frame in frames)
    buffer = io.BytesIO()
    next(images).save(
        buffer,
        format='GIF',
        save_all=True,
        append_images=images,
        duration=max(1000 / fps, 20),
        loop=0)
    return buffer.getvalue()


def _mp4(frames: Iterable[np.ndarray], fps: float, shape: tuple,
         where: str) -> bytes:
    """Bytes of an MP4, sides made even as its coding needs."""
    height, width = (side // 2 * 2 for side in shape[:2])
    with tempfile.TemporaryDirectory(prefix='flexpose_mp4_') as folder:
        name = osp.join(folder, 'sequence.mp4')
        writer = cv2.VideoWriter(name, cv2.VideoWriter_fourcc(*'mp4v'), fps,
                                 (width, height))
        if not writer.isOpened():
            raise UserError(where, 'path', '.mp4',
                            'this OpenCV cannot encode MP4; write a .gif')
        for frame in frames:
            writer.write(
                np.ascontiguousarray(frame[:height, :width, ::-1]))
        writer.release()
        with open(name, 'rb') as file:
            return file.read()


def _put(data: bytes, path: str, where: str) -> str:
    """Write a file atomically; returns its path."""
    try:
        write_atomically(path, data)
    except OSError as error:
        raise UserError(where, 'path', path,
                        f'cannot be written ({error.strerror})') from error
    return path
