"""The relevance-diversity front against the definition of dominance."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics.set_diversity.front import front

scores = st.one_of(
    st.none(), st.integers(0, 4), st.sampled_from([0.0, -0.0, 0.5, math.inf, -math.inf])
)
points = st.lists(st.tuples(scores, scores), max_size=14)


def brute(pairs):
    def dominates(one, other):
        return one[0] >= other[0] and one[1] >= other[1] and one != other

    known = [pair for pair in pairs if None not in pair]
    return [
        None not in pair and not any(dominates(other, pair) for other in known) for pair in pairs
    ]


def of(pairs):
    return front([one for one, _ in pairs], [other for _, other in pairs])


@given(points)
def test_front_equals_brute_force(pairs):
    assert of(pairs) == brute(pairs)


@given(points, st.randoms(use_true_random=False))
def test_the_order_of_the_systems_does_not_matter(pairs, rng):
    order = rng.sample(range(len(pairs)), k=len(pairs))
    whole = of(pairs)
    assert of([pairs[i] for i in order]) == [whole[i] for i in order]


def test_many_systems():
    rng = random.Random(0)
    pairs = [(round(rng.random(), 2), round(rng.random(), 2)) for _ in range(1_000)]
    assert of(pairs) == brute(pairs)


def test_equal_systems_are_both_on_the_front():
    assert front([0.5, 0.5, 0.4], [0.2, 0.2, 0.2]) == [True, True, False]


def test_a_system_without_a_value_neither_is_on_the_front_nor_dominates():
    assert front([None, 0.9, 0.1], [0.9, None, 0.1]) == [False, False, True]
    assert front([None], [None]) == [False]
    assert front([], []) == []


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(UsageError, match="2 values of relevance and 1 of diversity"):
        front([0.1, 0.2], [0.3])
    for relevance, diversity in (([math.nan], [0.1]), ([0.1], [math.nan])):
        with pytest.raises(UsageError, match="NaN"):
            front(relevance, diversity)
