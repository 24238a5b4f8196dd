"""Pickles of numbers, read without running what may be hidden in them.

Some data sets are released as pickles or as npz files with object arrays,
and an ordinary unpickler calls whatever such a file names. This one knows
numpy arrays, dtypes and scalars, and the built-in dict, list, tuple, str,
bytes and numbers; everything else is refused. It is meant for official
files, once, in the converters; nothing else of the package reads pickles.
"""
import pickle
import zipfile
from typing import Any, Dict

import numpy as np

from ..errors import UserError

_ARRAY_MODULES = ('numpy.core.multiarray', 'numpy._core.multiarray')
_ALLOWED = {
    **{(module, name): getattr(np.core.multiarray, name)
       for module in _ARRAY_MODULES for name in ('_reconstruct', 'scalar')},
    **{(f'numpy.{core}.numeric', '_frombuffer'): np.core.numeric._frombuffer
       for core in ('core', '_core')},
    ('numpy', 'ndarray'): np.ndarray,
    ('numpy', 'dtype'): np.dtype,
}


def _latin1(text: str, encoding: str) -> bytes:
    """What Python 2 pickles call ``_codecs.encode`` for."""
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'encoding {encoding!r}')
    return text.encode('latin1')


class _PlainUnpickler(pickle.Unpickler):

    def find_class(self, module: str, name: str):
        if (module, name) == ('_codecs', 'encode'):
            return _latin1
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f'{module}.{name} is not allowed')
        return _ALLOWED[module, name]


def _load(file, path: str) -> Any:
    try:
        return _PlainUnpickler(file, encoding='latin1').load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError,
            AttributeError, ImportError, IndexError, KeyError,
            UnicodeDecodeError) as error:
        raise UserError(
            path, 'content', type(error).__name__,
            'damaged, or a pickle of more than arrays, dicts, lists and '
            f'numbers ({error}); use the official file') from None


def load_plain_pickle(path: str) -> Any:
    """Content of a pickle of plain data.

    Raises:
        UserError: Missing, damaged, or not plain.
    """
    try:
        with open(path, 'rb') as file:
            return _load(file, path)
    except FileNotFoundError:
        raise UserError('converter', 'file', path,
                        'no such file; correct the path') from None


def load_object_npz(path: str, *names: str) -> Dict[str, Any]:
    """Arrays of an npz, object arrays among them as plain data.

    Args:
        path (str): The file.
        *names (str): Arrays to read. One that holds a single object gives
            that object.

    Raises:
        UserError: Missing file or array, damaged, or not plain.
    """
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            have = [n[:-4] for n in archive.namelist()]
            for name in names:
                if name not in have:
                    raise UserError(path, 'array', name,
                                    f'no such array; the file holds {have}')
                with archive.open(f'{name}.npy') as file:
                    found[name] = _read_npy(file, path)
    except FileNotFoundError:
        raise UserError('converter', 'file', path,
                        'no such file; correct the path') from None
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(path, 'content', type(error).__name__,
                        'not a complete npz file; fetch it again') from None
    return found


def _read_npy(file, path: str) -> Any:
    try:
        version = np.lib.format.read_magic(file)
        read = (np.lib.format.read_array_header_1_0 if version == (1, 0)
                else np.lib.format.read_array_header_2_0)
        shape, fortran, dtype = read(file)
    except ValueError as error:
        raise UserError(path, 'content', type(error).__name__,
                        f'damaged array ({error}); fetch it again') from None
    if not dtype.hasobject:
        data = np.frombuffer(file.read(), dtype)
        return data.reshape(shape, order='F' if fortran else 'C')
    value = _load(file, path)
    if isinstance(value, np.ndarray) and value.dtype.hasobject and \
            value.size == 1:
        value = value.reshape(-1)[0]
    return value


def entry(data: Any, path: str, *keys) -> Any:
    """``data[key][key]...`` of plain data.

    Raises:
        UserError: Naming the first key that is not there.
    """
    for depth, key in enumerate(keys):
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            where = ''.join(f'[{k!r}]' for k in keys[:depth + 1])
            known = sorted(map(str, data)) if isinstance(data, dict) else \
                type(data).__name__
            raise UserError(path, f'content{where}', str(known)[:80],
                            'no such entry; give the official file'
                            ) from None
    return data
