"""Write figures to disk, whole or not at all."""
import os
import os.path as osp

import cv2
import numpy as np

from flexpose_mm.errors import UserError


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
    part = f'{path}.{os.getpid()}.part'
    try:
        os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
        with open(part, 'wb') as file:
            file.write(data.tobytes())
        os.replace(part, path)
    except OSError as error:
        if osp.exists(part):
            os.unlink(part)
        raise UserError('save_image', 'path', path,
                        f'cannot be written ({error.strerror})') from error
    return path
