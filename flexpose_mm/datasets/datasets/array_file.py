"""Arrays in .npy and .npz files, memory-mapped where the format allows."""
import os
import zipfile
from typing import List

import numpy as np

from ...errors import UserError


def _map_member(path: str, info: zipfile.ZipInfo):
    """Memory map of a stored (not compressed) .npy member of a zip file."""
    with open(path, 'rb') as file:
        file.seek(info.header_offset + 26)
        # the local header's own lengths; its extra field may differ from
        # the central directory's
        name_len, extra_len = np.frombuffer(file.read(4), '<u2')
        file.seek(int(name_len) + int(extra_len), os.SEEK_CUR)
        return _map_npy(path, file)


def _map_npy(path: str, file) -> np.ndarray:
    """Memory map of the .npy data that begin at the file's position."""
    version = np.lib.format.read_magic(file)
    read = (np.lib.format.read_array_header_1_0 if version == (1, 0) else
            np.lib.format.read_array_header_2_0)
    shape, fortran, dtype = read(file)
    if dtype.hasobject or not np.prod(shape, dtype=int):
        raise ValueError('Object arrays cannot be loaded; nor empty ones')
    return np.memmap(path, dtype, 'r', file.tell(), shape,
                     'F' if fortran else 'C')


class ArrayFile:
    """Named arrays of one file; pickles are never read.

    Args:
        path (str): A .npz file, or a .npy file, whose only array is then
            called 'keypoints'.

    Raises:
        UserError: Missing, damaged, or another format.
    """

    def __init__(self, path: str):
        self.path = str(path)
        if not os.path.isfile(self.path):
            raise UserError('ArrayFile', 'ann_file', self.path,
                            'no such file; correct the path or data_root')
        with open(self.path, 'rb') as file:
            magic = file.read(6)
        self._members = None
        if zipfile.is_zipfile(self.path):
            with zipfile.ZipFile(self.path) as archive:
                self._members = {
                    info.filename[:-4]: info
                    for info in archive.infolist()
                    if info.filename.endswith('.npy')
                }
        elif magic != b'\x93NUMPY':
            raise UserError(self.path, 'ann_file', self.path,
                            'not a complete .npz or .npy file; write it with '
                            'numpy.savez(path, keypoints=...)')

    @property
    def names(self) -> List[str]:
        return sorted(self._members or ['keypoints'])

    def read(self, field: str, name: str) -> np.ndarray:
        """Array ``name``; ``field`` is the argument that asked for it.

        A memory map if its bytes lie in the file as they are, else a copy.

        Raises:
            UserError: No such array, object array, damaged data.
        """
        if name not in self.names:
            raise UserError(self.path, field, name,
                            f'no such array; the file holds {self.names}')
        try:
            if self._members is None:
                with open(self.path, 'rb') as file:
                    return _map_npy(self.path, file)
            info = self._members[name]
            if info.compress_type == zipfile.ZIP_STORED:
                return _map_member(self.path, info)
            with np.load(self.path, allow_pickle=False) as data:
                return data[name]
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                self.path, field, name,
                f'this array cannot be read without pickle or is damaged '
                f'({error}); write it again as a plain numeric or text array'
            ) from None
