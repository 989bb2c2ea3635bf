"""Verdicts and two one-sided tests against scipy, each other and simulation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats.equivalence import rope_verdict, tost

deltas = st.floats(-5, 5)
errors = st.floats(0.01, 3)
freedoms = st.floats(1, 500)
ropes = st.floats(0, 3)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.5, 0.5, "equivalent"),
        (-1.0, 1.0, "equivalent"),
        (0.2, 0.3, "equivalent"),
        (0.5, 1.5, "undecided"),
        (-1.5, -0.5, "undecided"),
        (-2.0, 2.0, "undecided"),
        (1.0, 2.0, "undecided"),
        (-2.0, -1.0, "undecided"),
        (1.1, 2.0, "different"),
        (-2.0, -1.1, "different"),
        (-math.inf, -3.0, "different"),
        (-math.inf, math.inf, "undecided"),
        (None, None, "undecided"),
        (None, 0.1, "undecided"),
        (2.0, None, "undecided"),
        (math.nan, math.nan, "undecided"),
    ],
)
def test_verdicts_by_hand(low, high, expected):
    assert rope_verdict(low, high, 1.0) == expected


def test_a_region_of_nothing_asks_for_equality():
    assert rope_verdict(0.0, 0.0, 0.0) == "equivalent"
    assert rope_verdict(-0.1, 0.1, 0.0) == "undecided"
    assert rope_verdict(1e-9, 0.1, 0) == "different"


@given(deltas, deltas, ropes, ropes)
def test_laws_of_verdicts(one, other, rope, wider):
    low, high = min(one, other), max(one, other)
    verdict = rope_verdict(low, high, rope)
    assert rope_verdict(-high, -low, rope) == verdict
    if verdict == "equivalent":
        assert rope_verdict(low, high, rope + wider) == "equivalent"
    if rope_verdict(low, high, rope + wider) == "different":
        assert verdict == "different"


@given(deltas, errors, freedoms, ropes)
def test_p_is_the_larger_of_two_tests(delta, error, freedom, rope):
    above = peer.t.sf((delta + rope) / error, freedom)
    below = peer.t.cdf((delta - rope) / error, freedom)
    assert tost(delta, error, freedom, rope) == pytest.approx(max(above, below), rel=1e-8)


def test_p_equals_two_tests_of_scipy_on_data():
    x = np.random.default_rng(0).standard_normal(40) * 0.3 + 0.05
    expected = max(
        peer.ttest_1samp(x, -0.2, alternative="greater").pvalue,
        peer.ttest_1samp(x, 0.2, alternative="less").pvalue,
    )
    assert tost(x.mean(), peer.sem(x), 39, 0.2) == pytest.approx(expected)


@given(deltas, errors, freedoms, ropes, st.floats(0.001, 0.4))
def test_p_agrees_with_the_interval(delta, error, freedom, rope, alpha):
    """A 1 - 2 alpha interval lies inside just where p is at most alpha."""
    p = tost(delta, error, freedom, rope)
    assume(abs(p - alpha) > 1e-6)
    low, high = peer.t.interval(1 - 2 * alpha, freedom, loc=delta, scale=error)
    assert (rope_verdict(low, high, rope) == "equivalent") == (p < alpha)


@given(deltas, errors, freedoms, ropes, st.floats(0, 2))
def test_laws_of_p(delta, error, freedom, rope, more):
    p = tost(delta, error, freedom, rope)
    assert 0 <= p <= 1
    assert tost(-delta, error, freedom, rope) == p
    assert tost(delta, error, freedom, rope + more) <= p + 1e-12
    assert tost(math.copysign(abs(delta) + more, delta), error, freedom, rope) >= p - 1e-12


def test_an_error_of_zero_or_none():
    assert tost(0.5, 0.0, 10, 1.0) == 0.0
    assert tost(-1.0, 0.0, 10, 1.0) == 0.0
    assert tost(0.0, 0.0, 10, 0.0) == 0.0
    assert tost(1.1, 0.0, 10, 1.0) == 1.0
    assert tost(0.0, math.nan, 10, 1.0) == 1.0
    assert tost(0.0, math.inf, 10, 1.0) == 0.5
    assert tost(1.0, 5e-324, 10, 3.0) == 0.0
    assert tost(3.0, 1e-320, 10, 1.0) == 1.0


def test_systems_at_the_edge_are_rarely_called_equivalent():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((4_000, 25)) + 1.0
    error = x.std(axis=1, ddof=1) / 5
    p = np.array([tost(*row, 24, 1.0) for row in zip(x.mean(axis=1), error, strict=True)])
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("rope", [-0.1, math.nan, math.inf])
def test_a_wrong_region_is_the_users_error(rope):
    with pytest.raises(UsageError, match="region"):
        rope_verdict(0.0, 1.0, rope)
    with pytest.raises(UsageError, match="region"):
        tost(0.0, 1.0, 10, rope)


@pytest.mark.parametrize(
    ("delta", "error", "freedom", "says"),
    [
        (math.nan, 1.0, 10, "finite"),
        (math.inf, 1.0, 10, "finite"),
        (0.0, -1.0, 10, "not negative"),
        (0.0, 1.0, 0.5, "at least 1"),
        (0.0, 1.0, math.nan, "at least 1"),
    ],
)
def test_wrong_arguments_are_the_users_error(delta, error, freedom, says):
    with pytest.raises(UsageError, match=says):
        tost(delta, error, freedom, 1.0)


def test_ends_in_the_wrong_order_are_the_users_error():
    with pytest.raises(UsageError, match="low to high"):
        rope_verdict(1.0, 0.0, 1.0)
