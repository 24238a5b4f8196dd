"""Input checks shared by the distribution measures."""
import numpy as np
import torch

from flexpose_mm.errors import UserError


def as_vectors(where: str, field: str, value, minimum: int = 1):
    """Bring poses into one row per pose, without copying where possible.

    Args:
        where (str): Name of the caller, for the error sentence.
        field (str): Name of the argument, for the error sentence.
        value (np.ndarray | torch.Tensor): (n, d) vectors, or (n, K, D) poses
            that are flattened to (n, K * D).
        minimum (int): The least number of rows.

    Returns:
        np.ndarray: (n, d), in the input's own floating dtype.

    Raises:
        UserError: On a wrong shape or dtype, too few rows, NaN or inf.
    """
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    value = np.asarray(value)
    if value.ndim not in (2, 3):
        raise UserError(where, f'{field}.shape', value.shape,
                        'give (n, d) vectors or (n, K, 2) poses')
    if not np.issubdtype(value.dtype, np.floating):
        raise UserError(where, f'{field}.dtype', str(value.dtype),
                        'give floating-point coordinates')
    value = value.reshape(len(value), int(np.prod(value.shape[1:])))
    if len(value) < minimum:
        raise UserError(where, f'len({field})', len(value),
                        f'give at least {minimum} poses')
    if not np.isfinite(value).all():
        bad = int((~np.isfinite(value)).any(axis=1).nonzero()[0][0])
        raise UserError(where, f'{field}[{bad}]', value[bad].tolist(),
                        'contains NaN or inf; remove or repair this pose')
    return value


def same_width(where: str, x, y):
    """Raise a UserError unless both sets have the same number of columns."""
    if x.shape[1] != y.shape[1]:
        raise UserError(
            where, 'coordinates per pose', (x.shape[1], y.shape[1]),
            'both sets need the same joints; map them to one skeleton')


def subsample(x, limit, seed: int):
    """At most ``limit`` rows, without replacement, by a seeded generator.

    The rows keep their order; ``limit=None`` keeps all of them.
    """
    if limit is None or len(x) <= limit:
        return x
    rows = np.random.default_rng(seed).choice(len(x), limit, replace=False)
    return x[np.sort(rows)]
