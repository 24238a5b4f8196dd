"""Claims about a comparison, and whether its runs bear them out."""
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..errors import UserError

#: Shots per class, set, layers as in the table.
Key = Tuple[int, str, str]
FIELDS = ('says', 'of', 'over', 'column', 'least', 'most')
SIDE = ('set', 'layers', 'shots')


@dataclass(frozen=True)
class Claim:
    """A ratio of one column between two sets, and its bounds.

    Attributes:
        says (str): The claim in words.
        of (tuple): Key of the set whose value is divided.
        over (tuple): Key of the set by whose value.
        column (str): A positive column of the table.
        least (float): The claim holds from this ratio on.
        most (float): And up to this one.
    """
    says: str
    of: Key
    over: Key
    column: str
    least: float
    most: float


def read_claims(path: str, values, keys: Sequence[Key],
                columns: Sequence[str]) -> Tuple[Claim, ...]:
    """Check the field ``claims`` of a comparison config.

    Args:
        path (str): The config file, for the message.
        values (list[dict] | None): Fields as of ``Claim``; by default the
            column is FD, ``least`` 1 and ``most`` unbounded. A side is the
            name of a set, or dict(set=, layers=, shots=), of which only as
            much is needed as names one line of the table.
        keys (Sequence[tuple]): The lines of the table.
        columns (Sequence[str]): Its columns.

    Raises:
        UserError: Naming the claim and what is wrong with it.
    """
    if values is None:
        return ()
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise UserError(path, 'claims', values,
                        "give a list of dict(says='...', of=..., over=...)")
    return tuple(
        _claim(path, f'claims[{i}]', value, keys, columns)
        for i, value in enumerate(values))


def _claim(path: str, field: str, value, keys, columns) -> Claim:
    if not isinstance(value, dict) or set(value) - set(FIELDS) or \
            not {'says', 'of', 'over'} <= set(value):
        raise UserError(path, field, value,
                        f'give says, of and over; known are {FIELDS}')
    column = value.get('column', 'FD')
    if column not in columns:
        raise UserError(path, f'{field}.column', column,
                        f'no such column; use one of {tuple(columns)}')
    least, most = value.get('least', 1.), value.get('most', float('inf'))
    if not 0 <= least < most:
        raise UserError(path, f'{field}.least', least,
                        f'give bounds of a ratio, least < most ({most})')
    sides = (_side(path, f'{field}.{name}', value[name], keys)
             for name in ('of', 'over'))
    return Claim(value['says'], *sides, column, least, most)


def _side(path: str, field: str, value, keys: Sequence[Key]) -> Key:
    """The one line of the table that a side names."""
    side = dict(set=value) if isinstance(value, str) else value
    if not isinstance(side, dict) or set(side) - set(SIDE):
        raise UserError(path, field, value,
                        f'give the name of a set, or a dict of {SIDE}')
    asked = {k: str(v) for k, v in side.items()}
    found = [
        key for key in keys
        if all(str(dict(shots=key[0], set=key[1], layers=key[2])[k]) == v
               for k, v in asked.items())
    ]
    if len(found) != 1:
        raise UserError(path, field, value,
                        f'fits {len(found)} lines of the table, not one; '
                        f'(shots, set, layers) are {found or list(keys)}')
    return found[0]


def ratios(claim: Claim, groups: Dict[Key, list]) -> List[float]:
    """The claim's ratio for each seed that has both sides.

    Args:
        claim (Claim): What is claimed.
        groups (dict[tuple, list[Entry]]): Key -> rows of the seeds.
    """
    of, over = ({
        entry.run.seed: entry.row[claim.column]
        for entry in groups.get(key, ()) if claim.column in entry.row
    } for key in (claim.of, claim.over))
    return [of[seed] / over[seed] for seed in of if seed in over]


def verdict(claim: Claim, found: Sequence[float]) -> Optional[str]:
    """``confirmed`` where each seed is within the bounds.

    Returns:
        str | None: ``in the mean only`` where the mean is and some seed is
        not, else ``not confirmed``; None without a seed.
    """
    if not found:
        return None
    held = [claim.least <= value <= claim.most for value in found]
    if all(held):
        return 'confirmed'
    if claim.least <= np.mean(found) <= claim.most:
        return 'in the mean only'
    return 'not confirmed'


def label(key: Key) -> str:
    """A line of the table in words."""
    shots, name, layers = key
    return f'{name}{f", l={layers}" if layers else ""}, {shots} per class'


def claims_table(claims: Sequence[Claim], groups: Dict[Key, list]) -> str:
    """Markdown: a line for each claim; empty without claims."""
    if not claims:
        return ''
    lines = [
        '| claim | column | ratio of | over | expected | mean | each seed | '
        'verdict |', '|---' * 8 + '|'
    ]
    for claim in claims:
        found = ratios(claim, groups)
        bounds = f'{claim.least:g} to {claim.most:g}' if np.isfinite(
            claim.most) else f'above {claim.least:g}'
        cells = [
            claim.says, claim.column,
            label(claim.of),
            label(claim.over), bounds, f'{np.mean(found):.2f}' if found else
            '', ', '.join(f'{value:.2f}' for value in found),
            verdict(claim, found) or 'not run'
        ]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)
