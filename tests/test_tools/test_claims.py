"""Claims of a comparison: what they name, and when they hold."""
from types import SimpleNamespace

import pytest

from flexpose_mm import UserError
from flexpose_mm.comparison.claims import (claims_table, ratios, read_claims,
                                           verdict)

KEYS = [(2, 'tau', '3'), (2, 'tau', 'all'), (2, 'T', ''), (4, 'T', '')]
CLAIM = dict(
    says='all is worse',
    of=dict(set='tau', layers='all'),
    over=dict(set='tau', layers=3))


def read(*claims):
    return read_claims('grid.py', list(claims), KEYS, ('FD', 'MMD2'))


def groups(**values):
    """Lines of the table, from values of all seeds."""
    keys = dict(three=KEYS[0], all=KEYS[1])
    return {
        keys[name]: [
            SimpleNamespace(run=SimpleNamespace(seed=seed), row=dict(FD=fd))
            for seed, fd in by_seed.items()
        ]
        for name, by_seed in values.items()
    }


def test_sides_name_one_line():
    claim, = read(CLAIM)
    assert (claim.of, claim.over) == ((2, 'tau', 'all'), (2, 'tau', '3'))
    assert (claim.column, claim.least) == ('FD', 1) and claim.most > 1e300
    shots, = read(dict(CLAIM, over=dict(set='T', shots=4)))
    assert shots.over == (4, 'T', '')
    assert read_claims('grid.py', None, KEYS, ('FD', )) == ()


@pytest.mark.parametrize('change, words', [
    (dict(of='tau'), 'claims[0].of'),
    (dict(of='T'), 'fits 2 lines'),
    (dict(of='nobody'), 'fits 0 lines'),
    (dict(of=dict(name='T')), 'claims[0].of'),
    (dict(column='fd'), 'column'),
    (dict(least=2, most=1), 'least'),
    (dict(better='T'), 'claims[0]'),
])
def test_refusals(change, words):
    with pytest.raises(UserError) as error:
        read(dict(CLAIM, **change))
    assert words in str(error.value) and 'grid.py' in str(error.value)


def test_a_claim_that_names_no_sides():
    with pytest.raises(UserError, match='claims'):
        read(dict(says='so'))
    with pytest.raises(UserError, match='claims'):
        read_claims('grid.py', 'so', KEYS, ('FD', ))


def test_ratios_are_taken_seed_by_seed():
    claim, = read(CLAIM)
    found = ratios(
        claim,
        groups(three={0: 1., 1: 2.}, all={1: 3., 0: 1.2, 2: 9.}))
    assert sorted(found) == pytest.approx([1.2, 1.5])
    assert ratios(claim, {}) == []


@pytest.mark.parametrize('found, expected', [
    ([1.2, 1.5], 'confirmed'),
    ([0.9, 1.5], 'in the mean only'),
    ([0.9, 0.8], 'not confirmed'),
    ([], None),
])
def test_verdicts(found, expected):
    assert verdict(read(CLAIM)[0], found) == expected


def test_bounds_on_both_sides():
    claim, = read(dict(CLAIM, least=.9, most=1.1))
    assert verdict(claim, [.95, 1.05]) == 'confirmed'
    assert verdict(claim, [1.2, 1.3]) == 'not confirmed'


def test_table_has_the_figures_and_the_verdict():
    claims = read(
        CLAIM, dict(CLAIM, says='no run yet', of=dict(set='T', shots=2)))
    text = claims_table(
        claims, groups(three={0: 1., 1: 2.}, all={0: 1.2, 1: 3.}))
    first, second = text.splitlines()[2:]
    assert 'all is worse' in first and '1.35' in first
    assert '1.20, 1.50' in first and first.endswith('confirmed |')
    assert second.endswith('not run |')
    assert claims_table((), {}) == ''
