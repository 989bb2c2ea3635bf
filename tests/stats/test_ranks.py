"""Pairwise differences, rank intervals and letters."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats import pairwise_significant, rank_intervals, tie_letters
from showcase_bench.stats.ranks import _holm


def centred(x):
    return x.mean(axis=0), x - x.mean(axis=0)


def reference_significant(x, alpha):
    """Paired t-tests with Holm's correction, one after another."""
    pairs = list(itertools.combinations(range(x.shape[1]), 2))
    p = {pair: peer.ttest_rel(x[:, pair[0]], x[:, pair[1]]).pvalue for pair in pairs}
    differ = np.zeros((x.shape[1], x.shape[1]), dtype=bool)
    for step, pair in enumerate(sorted(pairs, key=p.get)):
        if p[pair] * (len(pairs) - step) > alpha:
            break
        differ[pair] = differ[pair[::-1]] = True
    return differ


@pytest.mark.parametrize("seed", range(6))
def test_differences_equal_paired_t_tests_with_holm(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((80, 1)) + rng.standard_normal((80, 7)) + rng.normal(0, 0.4, 7)
    for alpha in (0.01, 0.05, 0.2):
        found = pairwise_significant(*centred(x), alpha=alpha)
        np.testing.assert_array_equal(found, reference_significant(x, alpha))


def test_holm_stops_at_the_first_pair_that_is_not_significant():
    """Adjusted 3 * .011, 2 * .03 and 1 * .04: the last one is not below the one before it."""
    assert _holm(np.array([0.04, 0.011, 0.03])) == pytest.approx([0.06, 0.033, 0.06])
    assert _holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_identical_systems_never_differ():
    rng = np.random.default_rng(0)
    one = rng.standard_normal((200, 1))
    values, psi = centred(np.hstack([one, one, one]))
    assert not pairwise_significant(values, psi).any()
    noise = values + np.array([0.0, 1e-17, -1e-16])
    assert rank_intervals(noise, psi) == [(1, 3)] * 3
    assert tie_letters(noise, pairwise_significant(noise, psi)) == ["a", "a", "a"]


def test_a_constant_difference_needs_enough_units():
    for n, differs in ((2, False), (5, False), (6, True), (50, True), (3_000, True)):
        base = np.linspace(0, 1, n)[:, None]
        values, psi = centred(np.hstack([base, base + 0.5]))
        assert pairwise_significant(values, psi)[0, 1] == differs


def test_clusters_widen_the_ranks():
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(12), 50)
    gap = rng.standard_normal(12)[users] + 0.3 * rng.standard_normal(600) + 0.35
    values, psi = centred(np.stack([rng.standard_normal(600), np.zeros(600)], axis=1))
    psi[:, 1] = psi[:, 0] - (gap - gap.mean())
    values[1] = values[0] - gap.mean()
    assert rank_intervals(values, psi) == [(1, 1), (2, 2)]
    assert rank_intervals(values, psi, [users]) == [(1, 2), (1, 2)]


def test_rank_intervals_of_a_clear_order_and_of_few_systems():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((300, 4)) * 0.1 + np.array([3.0, 1.0, 1.001, 2.0])
    assert rank_intervals(*centred(x)) == [(1, 1), (3, 4), (3, 4), (2, 2)]
    values, psi = centred(x)
    assert rank_intervals(-values, -psi) == [(4, 4), (1, 2), (1, 2), (3, 3)]
    assert rank_intervals(values[:1], psi[:, :1]) == [(1, 1)]
    assert rank_intervals(values[:0], psi[:, :0]) == []


@pytest.mark.parametrize("n", [0, 1])
def test_without_two_examples_nothing_differs(n):
    assert rank_intervals(np.array([1.0, 2.0]), np.zeros((n, 2))) == [(1, 2), (1, 2)]
    one_cluster = [["a"] * 5]
    assert not pairwise_significant(np.array([1.0, 2.0]), np.zeros((5, 2)), one_cluster).any()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), s=st.integers(1, 7), spread=st.floats(0, 2))
def test_the_true_rank_of_a_value_lies_in_its_interval(seed, s, spread):
    rng = np.random.default_rng(seed)
    values, psi = centred(rng.standard_normal((30, s)) + spread * rng.standard_normal(s))
    order = sorted(range(s), key=lambda i: -values[i])
    for rank, system in enumerate(order, start=1):
        best, worst = rank_intervals(values, psi)[system]
        assert 1 <= best <= rank <= worst <= s


def test_equal_systems_are_rarely_told_apart():
    rng = np.random.default_rng(9)
    false = sum(
        pairwise_significant(*centred(rng.standard_normal((60, 6)))).any() for _ in range(400)
    )
    assert 0.015 < false / 400 < 0.08


symmetric = st.integers(0, 8).flatmap(
    lambda s: st.lists(st.booleans(), min_size=s * s, max_size=s * s).map(
        lambda flat: np.triu(np.array(flat, dtype=bool).reshape(s, s), k=1)
    )
)


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


@pytest.mark.parametrize(
    ("values", "influence", "alpha", "says"),
    [
        (np.ones(2), np.zeros((5, 3)), 0.05, "do not fit"),
        (np.ones(2), np.zeros(5), 0.05, "do not fit"),
        (np.array([1.0, np.nan]), np.zeros((5, 2)), 0.05, "finite"),
        (np.ones(2), np.zeros((5, 2)), 5, "alpha"),
    ],
)
def test_wrong_arguments_are_the_users_error(values, influence, alpha, says):
    with pytest.raises(UsageError, match=says):
        rank_intervals(values, influence, alpha=alpha)


def test_wrong_matrices_are_the_users_error():
    for wrong in (np.zeros((2, 3), bool), np.triu(np.ones((3, 3), bool), 1), np.ones((3, 3), bool)):
        with pytest.raises(UsageError):
            tie_letters(np.ones(3), wrong)
