"""Are these files whole images? Asked before training, without decoding."""
import os
from typing import Iterable, List, Tuple

import cv2
import numpy as np

from ..errors import UserError

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff')
_HEAD = {b'\xff\xd8\xff': b'\xff\xd9', b'\x89PNG': b'IEND'}
_ORIENTATION = 274  # EXIF tag; 5 to 8 exchange the sides
_TAIL = 4096  # some cameras write a little after the end of a JPEG


def image_fault(path: str) -> str:
    """What is wrong with a file, '' for nothing.

    JPEG and PNG files are looked at: their first bytes and their end mark.
    Other formats are taken at their name.
    """
    if not os.path.isfile(path):
        return 'no such file'
    size = os.path.getsize(path)
    with open(path, 'rb') as file:
        head = file.read(4)
        file.seek(max(size - _TAIL, 0))
        tail = file.read()
    for magic, end in _HEAD.items():
        if head.startswith(magic):
            return '' if end in tail else 'truncated: its end is missing'
    if path.lower().endswith(('.jpg', '.jpeg', '.png')):
        return 'no JPEG or PNG data' if size else 'empty file'
    return '' if size else 'empty file'


def faulty_images(paths: Iterable[str]) -> List[Tuple[str, str]]:
    """(path, what is wrong) of those that cannot be used."""
    faults = ((path, image_fault(path)) for path in paths)
    return [(path, fault) for path, fault in faults if fault]


def check_images(paths: Iterable[str], where: str) -> None:
    """Refuse missing and damaged images.

    Raises:
        UserError: Naming the first one and how many there are.
    """
    found = faulty_images(paths)
    if found:
        raise UserError(
            where, 'image', found[0][0],
            f'{found[0][1]} ({len(found)} such image(s), of which this is '
            'the first); restore or remove it')


def image_size(path: str, where: str) -> Tuple[int, int]:
    """(width, height) of an image file, as cv2 turns it by its EXIF.

    Raises:
        UserError: It cannot be decoded.
    """
    from PIL import Image, UnidentifiedImageError
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION, 1) >= 5
            return (height, width) if turned else (width, height)
    except (UnidentifiedImageError, OSError):
        raise UserError(where, 'image', path,
                        'cannot be decoded; restore or remove it') from None


def read_color(path: str, where: str) -> np.ndarray:
    """(H, W, 3) uint8 BGR; grey is repeated, an alpha channel dropped.

    Raises:
        UserError: It cannot be decoded.
    """
    data = np.fromfile(path, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise UserError(where, 'image', path,
                        'cannot be decoded; restore or remove it')
    return image
