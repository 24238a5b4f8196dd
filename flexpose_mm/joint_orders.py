"""Joint orders of 3D data sets, gathered to Human3.6M's 17 and back.

Inside a lifter every pose has the order 'h36m17': 0 pelvis (root), 1-3 right
and 4-6 left hip, knee, ankle, 7 spine, 8 thorax, 9 neck/nose, 10 head top,
11-13 left and 14-16 right shoulder, elbow, wrist. Not all points mean the
same everywhere: MPI-INF-3DHP's neck stands for the thorax and its head for
neck/nose; SMPL's chest, neck and head stand for thorax, neck/nose and head
top. The twelve limb joints and the pelvis agree.
"""
import numpy as np

from .errors import UserError

_3DHP17 = (14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4)
#: The 17 of MPI-INF-3DHP among its 28 annotated joints.
_3DHP17_OF_28 = (7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6)

#: Name -> (number of joints, index of each of the 17 joints among them).
JOINT_ORDERS = {
    'h36m17': (17, tuple(range(17))),
    'h36m32': (32, (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26,
                    27)),
    '3dhp17': (17, _3DHP17),
    '3dhp28': (28, tuple(_3DHP17_OF_28[j] for j in _3DHP17)),
    'smpl24': (24, (0, 2, 5, 8, 1, 4, 7, 3, 9, 12, 15, 16, 18, 20, 17, 19,
                    21)),
}
#: Parent of each joint of 'h36m17', -1 for the root.
H36M_PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)


def gather_index(order: str) -> np.ndarray:
    """Where the joints of 'h36m17' stand in another order.

    Args:
        order (str): One of ``JOINT_ORDERS``.

    Returns:
        np.ndarray: (17,) int, so that ``points[..., index, :]`` has the
        order 'h36m17'.

    Raises:
        UserError: Unknown order.
    """
    if order not in JOINT_ORDERS:
        raise UserError('joint order', 'joint_order', order,
                        f'choose from {sorted(JOINT_ORDERS)}')
    return np.array(JOINT_ORDERS[order][1])


def to_h36m17(points, order: str):
    """Poses (..., K, D) of another order, array or tensor, as 'h36m17'.

    Raises:
        UserError: Unknown order, or another number of joints.
    """
    index = gather_index(order)
    count = JOINT_ORDERS[order][0]
    if points.ndim < 2 or points.shape[-2] != count:
        raise UserError(
            'joint order', 'shape', tuple(points.shape),
            f'{order!r} has {count} joints on the last axis but one')
    return points[..., index, :]


def from_h36m17(points, order: str):
    """Poses (..., 17, D) of 'h36m17', array or tensor, in another order.

    Raises:
        UserError: The order has joints that 'h36m17' lacks.
    """
    index = gather_index(order)
    if JOINT_ORDERS[order][0] != 17:
        raise UserError('joint order', 'joint_order', order,
                        'it has joints that the 17 cannot give; use h36m17 '
                        'or 3dhp17')
    if points.ndim < 2 or points.shape[-2] != 17:
        raise UserError('joint order', 'shape', tuple(points.shape),
                        'give 17 joints on the last axis but one')
    return points[..., np.argsort(index), :]
