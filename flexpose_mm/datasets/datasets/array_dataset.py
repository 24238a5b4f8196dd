"""The base of all datasets that hold arrays, not lists of dicts."""
import copy
from typing import Optional, Sequence, Union

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import TRANSFORMS

from ...errors import UserError


def pick_rows(where: str, what: str, count: int,
              indices: Union[int, Sequence[int]]) -> np.ndarray:
    """Rows that MMEngine's ``indices`` means, of ``count`` there are.

    Args:
        where (str): Name of the dataset class, for messages.
        what (str): Name of the items, for messages.
        count (int): Number of items.
        indices (int | Sequence[int]): The first n, the last n if negative,
            or exactly these.

    Raises:
        UserError: Numbers out of range, or nothing left.
    """
    rows = np.arange(count)
    if isinstance(indices, (int, np.integer)):
        rows = rows[:indices] if indices >= 0 else rows[indices:]
    else:
        indices = np.asarray(indices)
        if indices.size and (indices.dtype.kind not in 'iu'
                             or indices.max() >= count
                             or indices.min() < -count):
            raise UserError(
                where, 'indices', indices.tolist(),
                f'give whole numbers below the {count} {what} there are')
        rows = rows[indices.astype(int)]
    if not len(rows):
        raise UserError(where, 'indices', indices,
                        f'none of the {what} is left; give at least one')
    return rows


class ArrayDataset(BaseDataset):
    """Items in arrays with the interface of an MMEngine dataset.

    Subclasses set what they need, call this constructor, and implement
    ``_read``, ``_select``, ``__len__`` and ``get_data_info``. A million
    items cost as much as their numbers.

    Args:
        ann_file (str): File, joined to ``data_root`` unless absolute.
        metainfo (dict, optional): As in MMEngine.
        data_root (str, optional): Folder of the files.
        indices (int | Sequence[int], optional): The first n items, the last
            n if negative, or exactly these.
        pipeline (Sequence): Transforms of an item.
        test_mode (bool): An item that a transform rejects is an error.
        lazy_init (bool): Leave reading to ``full_init``.
        max_refetch (int): Further items to try after a rejected one.
    """
    ITEMS = 'items'  # in messages

    def __init__(self,
                 ann_file: str = '',
                 metainfo: Optional[dict] = None,
                 data_root: Optional[str] = None,
                 indices: Optional[Union[int, Sequence[int]]] = None,
                 pipeline: Sequence = (),
                 test_mode: bool = False,
                 lazy_init: bool = False,
                 max_refetch: int = 1000):
        super().__init__(
            ann_file=ann_file,
            metainfo=metainfo,
            data_root=data_root or '',
            data_prefix=dict(),
            indices=indices,
            serialize_data=False,
            # built here so that it works without a default scope, too
            pipeline=[
                TRANSFORMS.build(step) if isinstance(step, dict) else step
                for step in pipeline
            ],
            test_mode=test_mode,
            lazy_init=lazy_init,
            max_refetch=max_refetch)

    def _read(self) -> None:
        """Read and check everything."""
        raise NotImplementedError

    def _select(self, rows: np.ndarray) -> None:
        """Keep only these rows, in this order."""
        raise NotImplementedError

    def full_init(self) -> None:
        """Read and check everything, once."""
        if self._fully_initialized:
            return
        self._read()
        self._fully_initialized = True
        if self._indices is not None:
            self.get_subset_(self._indices)

    def get_subset_(self, indices: Union[int, Sequence[int]]) -> None:
        """Keep a subset, in place: see the argument ``indices``."""
        self.full_init()
        self._select(
            pick_rows(type(self).__name__, self.ITEMS, len(self), indices))

    def get_subset(self, indices) -> 'ArrayDataset':
        """A subset as a dataset of its own."""
        self.full_init()
        other = copy.copy(self)
        other.get_subset_(indices)
        return other
