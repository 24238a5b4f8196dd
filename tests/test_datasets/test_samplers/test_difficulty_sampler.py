"""DifficultySampler: what is drawn, in which order, by which process."""
import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm import UserError
from flexpose_mm.datasets.samplers import DifficultySampler, difficulty

SCORES = np.random.default_rng(0).permutation(100).astype(float)


def sampler(monkeypatch=None, rank=0, world=1, size=100, scores=SCORES,
            length=6, endless=False, **kwargs):
    """As process ``rank`` of ``world`` would build it."""
    if monkeypatch is not None:
        monkeypatch.setattr(difficulty, 'get_dist_info', lambda:
                            (rank, world))
    made = DifficultySampler(range(size), seed=3, **kwargs)
    if scores is not None:
        made.set_scores(scores)
        made.set_training(length, endless)
    return made


def epoch(made, number):
    made.set_epoch(number)
    return list(made)


def ranks_of(items):
    return SCORES[np.array(items)]


def test_hard_mode_draws_the_top_third_evenly():
    made = sampler()
    drawn = epoch(made, 0)
    assert len(drawn) == len(made) == 100
    assert set(ranks_of(drawn)) == set(range(67, 100))
    assert set(Counter(drawn).values()) == {3, 4}
    assert sorted(drawn[:33]) == sorted(set(drawn))  # a pass, then another
    assert drawn[:33] != drawn[33:66]
    assert drawn != epoch(made, 1) and drawn == epoch(made, 0)


def test_bins_mode_draws_those_bins():
    drawn = epoch(sampler(mode='bins', bins=range(17, 25)), 0)
    assert set(ranks_of(drawn)) == set(range(68, 100))
    drawn = epoch(sampler(mode='bins', bins=(9, 0), num_bins=10), 0)
    assert set(ranks_of(drawn)) == {*range(10), *range(90, 100)}


def test_the_papers_hard_part_of_25000_is_8000():
    made = sampler(size=25000, scores=np.arange(25000.), mode='bins',
                   bins=range(17, 25))
    assert len(made.pools(made.scores)[0]) == 8000


def test_curriculum_by_epoch_opens_harder_thirds():
    made = sampler(mode='curriculum')
    hardest = [ranks_of(epoch(made, e)).max() for e in range(6)]
    assert hardest == [35, 35, 67, 67, 99, 99]
    assert len(epoch(made, 0)) == 100


def test_curriculum_by_iteration_changes_within_an_epoch():
    made = sampler(mode='curriculum', clock='iteration', length=1)
    found = ranks_of(epoch(made, 0))
    assert found[:34].max() == 35  # 33.3 of 100 samples
    assert 35 < found[34:67].max() <= 67 < found[67:].max()
    endless = sampler(mode='curriculum', length=200, endless=True)
    found = ranks_of(list(itertools.islice(endless, 200)))
    assert found[:67].max() == 35 and found[67:134].max() <= 67
    assert found[134:].max() > 90


def test_endless_order_never_ends_and_repeats_from_the_start():
    made = sampler(endless=True, length=1000)
    first = list(itertools.islice(made, 500))
    assert first == list(itertools.islice(made, 500))
    assert first[:100] == epoch(sampler(), 0)
    assert first[100:200] == epoch(sampler(), 1)


@settings(max_examples=20)
@given(st.integers(1, 5), st.sampled_from(['hard', 'curriculum']),
       st.integers(0, 9))
def test_processes_see_disjoint_items(world, mode, number):
    with pytest.MonkeyPatch.context() as patch:
        made = [sampler(patch, r, world, mode=mode, length=10,
                        clock='iteration') for r in range(world)]
    drawn = [epoch(m, number) for m in made]
    assert all(len(d) == -(-100 // world) for d in drawn)
    for a, b in itertools.combinations(drawn, 2):
        assert not set(a) & set(b)
    if mode == 'hard':
        whole = set().union(*drawn)
        assert set(ranks_of(sorted(whole))) == set(range(67, 100))


def test_resume_within_an_epoch_goes_on_in_the_same_order():
    whole = epoch(sampler(), 2)
    made = sampler()
    made.set_training(6, False, skipped=37)
    assert epoch(made, 2) == whole[37:]
    assert epoch(made, 3) == epoch(sampler(), 3)  # only once


def test_without_scores_it_complains():
    made = sampler(scores=None)
    with pytest.raises(UserError, match='PoseDifficultyHook'):
        made.set_epoch(0)
    assert list(made) == []  # the loop opens its loader before the hook
    with pytest.raises(UserError, match='PoseDifficultyHook'):
        iter(made)
    made = DifficultySampler(range(100), mode='curriculum', seed=0)
    made.set_scores(SCORES)
    with pytest.raises(UserError, match='set_training'):
        made.set_epoch(0)


@pytest.mark.parametrize('scores', [SCORES[:99], SCORES * np.nan])
def test_scores_of_something_else(scores):
    with pytest.raises(UserError, match='each of the 100 items'):
        sampler(scores=scores)


@pytest.mark.parametrize('wrong, words', [
    (dict(mode='easy'), "mode='easy'"),
    (dict(share=0.), 'share=0.0'),
    (dict(share=1.5), 'share=1.5'),
    (dict(share=.001), 'only 0 items'),
    (dict(mode='bins'), r'bins=\(\)'),
    (dict(mode='bins', bins=(3, 3)), 'once each'),
    (dict(mode='bins', bins=(25, )), 'some of 0..24'),
    (dict(clock='second'), "clock='second'"),
    (dict(mode='curriculum', stages=()), 'stages='),
    (dict(mode='curriculum', stages=((.1, 1.), )), 'the first done=0'),
    (dict(mode='curriculum', stages=((0., .5), (.5, 2.))), 'up to 1'),
    (dict(num_samples=0), 'num_samples=0'),
    (dict(shuffle=False), 'random order'),
])
def test_wrong_arguments(wrong, words):
    with pytest.raises(UserError, match=words):
        sampler(**wrong)


def test_ties_go_by_index():
    made = sampler(scores=np.zeros(100), share=.1)
    assert set(epoch(made, 0)) == set(range(90, 100))
