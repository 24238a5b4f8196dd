"""When a scale begins and how it fades in."""
from hypothesis import given
from hypothesis import strategies as st

from flexpose_mm.models.gans.growing import growing_state

PLANS = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(1, 500), min_size=n, max_size=n),
        st.integers(0, 300)))


def plan_of(lengths):
    return {8 << i: length for i, length in enumerate(lengths)}


@given(PLANS, st.integers(0, 3000), st.integers(0, 200))
def test_scales_only_grow(plan, shown, more):
    images, transition = plan_of(plan[0]), plan[1]
    scale, weight = growing_state(shown, images, transition)
    later, _ = growing_state(shown + more, images, transition)
    assert scale in images and later >= scale and 0 <= weight <= 1


@given(PLANS)
def test_a_scale_lasts_as_long_as_planned(plan):
    images, transition = plan_of(plan[0]), plan[1]
    begin = 0
    for i, (scale, length) in enumerate(images.items()):
        first = growing_state(begin, images, transition)
        last = growing_state(begin + length - 1, images, transition)
        assert first[0] == last[0] == scale
        fades = i > 0 and transition > 0
        assert first[1] == (0. if fades else 1.)
        if length > transition:
            assert last[1] == (min((length - 1) / transition, 1.)
                               if fades else 1.)
        begin += length
    assert growing_state(begin + 10**6, images, transition) == (
        max(images), 1.)


def test_an_example():
    images = {8: 100, 16: 100, 32: 100}
    found = [growing_state(n, images, 50) for n in (0, 99, 100, 125, 199)]
    assert found == [(8, 1.), (8, 1.), (16, 0.), (16, .5), (16, 1.)]
