"""Rank intervals and letters from which pairs differ."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.stats import rank_intervals, tie_letters


def differing(s, *pairs):
    differ = np.zeros((s, s), dtype=bool)
    for one, other in pairs:
        differ[one, other] = differ[other, one] = True
    return differ


def test_ranks_of_a_clear_order():
    values = np.array([3.0, 1.0, 1.001, 2.0])
    differ = differing(4, (0, 1), (0, 2), (0, 3), (3, 1), (3, 2))
    assert rank_intervals(values, differ) == [(1, 1), (3, 4), (3, 4), (2, 2)]
    assert rank_intervals(-values, differ) == [(4, 4), (1, 2), (1, 2), (3, 3)]


def test_ranks_of_few_systems():
    assert rank_intervals(np.zeros(0), differing(0)) == []
    assert tie_letters(np.zeros(0), differing(0)) == []
    assert rank_intervals(np.ones(1), differing(1)) == [(1, 1)]
    assert tie_letters(np.ones(1), differing(1)) == ["a"]


def test_without_differences_every_rank_is_possible():
    values = np.array([5.0, 1.0, 3.0])
    assert rank_intervals(values, differing(3)) == [(1, 3)] * 3
    assert tie_letters(values, differing(3)) == ["a", "a", "a"]


def test_differences_need_not_be_a_chain():
    """The first beats the last; the middle one cannot be told from either."""
    values = np.array([1.0, 2.0, 3.0])
    assert rank_intervals(values, differing(3, (0, 2))) == [(2, 3), (1, 3), (1, 2)]


symmetric = st.integers(0, 8).flatmap(
    lambda s: st.lists(st.booleans(), min_size=s * s, max_size=s * s).map(
        lambda flat: np.triu(np.array(flat, dtype=bool).reshape(s, s), k=1)
    )
)


@settings(max_examples=150, deadline=None)
@given(upper=symmetric, seed=st.integers(0, 99))
def test_ranks_are_counts_of_better_and_worse_systems(upper, seed):
    differ = upper | upper.T
    s = len(differ)
    values = np.random.default_rng(seed).permutation(s).astype(float)
    order = sorted(range(s), key=lambda one: -values[one])
    for rank, system in enumerate(order, start=1):
        better = [j for j in range(s) if differ[system, j] and values[j] > values[system]]
        worse = [j for j in range(s) if differ[system, j] and values[j] < values[system]]
        best, worst = rank_intervals(values, differ)[system]
        assert (best, worst) == (1 + len(better), s - len(worse))
        assert best <= rank <= worst


@settings(max_examples=150, deadline=None)
@given(upper=symmetric, seed=st.integers(0, 99))
def test_systems_share_a_letter_exactly_where_they_do_not_differ(upper, seed):
    differ = upper | upper.T
    values = np.random.default_rng(seed).integers(0, 4, len(differ)).astype(float)
    letters = tie_letters(values, differ)
    assert all(letters)
    for i, j in itertools.combinations(range(len(differ)), 2):
        assert bool(set(letters[i]) & set(letters[j])) != differ[i, j]
    for letter in set("".join(letters)):
        group = {i for i, own in enumerate(letters) if letter in own}
        outside = set(range(len(differ))) - group
        assert all(any(differ[i, j] for j in group) for i in outside), "no letter is superfluous"


def test_letters_of_a_textbook_case():
    differ = np.zeros((4, 4), dtype=bool)
    for i, j in ((0, 2), (0, 3), (1, 3)):
        differ[i, j] = differ[j, i] = True
    assert tie_letters(np.array([4.0, 3.0, 2.0, 1.0]), differ) == ["a", "ab", "bc", "c"]
    assert tie_letters(np.array([1.0, 2.0, 3.0, 4.0]), differ) == ["c", "bc", "ab", "a"]


def test_more_than_52_letters():
    differ = ~np.eye(60, dtype=bool)
    letters = tie_letters(-np.arange(60.0), differ)
    assert len(set(letters)) == 60
    assert letters[0] == "a"
    assert letters[51:54] == ["Z", "a2", "b2"]


WRONG = {
    "not square": np.zeros((2, 3), bool),
    "of two": np.zeros((2, 2), bool),
    "not symmetric": np.triu(np.ones((3, 3), bool), 1),
    "differs from itself": np.ones((3, 3), bool),
}


@pytest.mark.parametrize("work", [rank_intervals, tie_letters])
@pytest.mark.parametrize("wrong", list(WRONG))
def test_wrong_matrices_are_the_users_error(work, wrong):
    says = "itself" if wrong == "differs from itself" else "symmetric matrix of 3"
    with pytest.raises(UsageError, match=says):
        work(np.ones(3), WRONG[wrong])
