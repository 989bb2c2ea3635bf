"""Adjusted p-values against scipy, the definitions and hand-worked cases."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats.multiplicity import benjamini_hochberg, holm

p_rows = arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1))
tied_rows = arrays(np.float64, st.integers(1, 12), elements=st.sampled_from([0, 0.01, 0.02, 0.5]))
both = pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])


def rejected_by_holm(p, alpha):
    """Step down: stop at the first that is not below its share of alpha."""
    found = np.zeros(len(p), dtype=bool)
    for step, at in enumerate(np.argsort(p, kind="stable")):
        if p[at] * (len(p) - step) > alpha:
            break
        found[at] = True
    return found


def rejected_by_benjamini_hochberg(p, alpha):
    """Step up: the largest k whose p is at most k / m of alpha, and all before it."""
    m, ordered = len(p), np.sort(p)
    k = max((k for k in range(1, m + 1) if ordered[k - 1] * (m / k) <= alpha), default=0)
    return p <= ordered[k - 1] if k else np.zeros(m, dtype=bool)


def test_holm_by_hand():
    """3 * .011, 2 * .03, and 1 * .04, which is not below the one before it."""
    assert holm([0.04, 0.011, 0.03]) == pytest.approx([0.06, 0.033, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]


def test_benjamini_hochberg_by_hand():
    """4/4 * .04, 4/3 * .039 is not above the one after it, 4/2 * .02, 4/1 * .005."""
    assert benjamini_hochberg([0.04, 0.005, 0.039, 0.02]) == pytest.approx([0.04, 0.02, 0.04, 0.04])
    assert benjamini_hochberg([0.5, 1.0, 0.9]).tolist() == [1.0, 1.0, 1.0]


@given(p_rows)
def test_benjamini_hochberg_equals_scipy(p):
    expected = peer.false_discovery_control(p) if len(p) else p
    np.testing.assert_allclose(benjamini_hochberg(p), expected, rtol=1e-12, atol=0)


@given(st.one_of(p_rows, tied_rows), st.floats(0.001, 0.5))
@example(np.full(3, 0.05), 0.05)
def test_what_is_found_at_alpha_is_what_the_procedures_find(p, alpha):
    np.testing.assert_array_equal(holm(p) <= alpha, rejected_by_holm(p, alpha))
    expected = rejected_by_benjamini_hochberg(p, alpha)
    np.testing.assert_array_equal(benjamini_hochberg(p) <= alpha, expected)


@given(st.one_of(p_rows, tied_rows), st.randoms(use_true_random=False))
@both
def test_laws_of_adjustment(adjust, p, random):
    adjusted = adjust(p)
    assert adjusted.shape == p.shape
    assert adjusted.dtype == np.float64
    assert ((adjusted >= p) & (adjusted <= 1)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
    shuffled = random.sample(range(len(p)), len(p))
    np.testing.assert_array_equal(adjust(p[shuffled]), adjusted[shuffled])
    for value in set(p.tolist()):
        assert len(set(adjusted[p == value].tolist())) == 1, "equal p-values stay equal"


@given(p_rows)
def test_holm_is_the_stricter_one(p):
    assert (holm(p) >= benjamini_hochberg(p) * (1 - 1e-12)).all()


@both
def test_few_p_values(adjust):
    assert adjust([]).shape == (0,)
    assert adjust([0.3]).tolist() == [0.3]
    assert adjust([0.0, 0.0]).tolist() == [0.0, 0.0]


@both
def test_the_given_values_are_kept(adjust):
    p = np.array([0.3, 0.01])
    adjust(p)
    assert p.tolist() == [0.3, 0.01]


@both
@pytest.mark.parametrize("wrong", [math.nan, -0.01, 1.01, math.inf])
def test_what_is_no_p_value_is_the_users_error(adjust, wrong):
    with pytest.raises(UsageError, match="from 0 to 1"):
        adjust([0.1, wrong])


@both
@pytest.mark.parametrize("wrong", [0.1, [[0.1, 0.2]]])
def test_other_shapes_are_the_users_error(adjust, wrong):
    with pytest.raises(UsageError, match="shape"):
        adjust(wrong)


def test_error_rates_that_are_promised():
    """20 tests with 10 true differences: any false one for Holm, their share for the other."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2_000, 20)) + np.repeat([0.0, 3.0], 10)
    p = 2 * peer.norm.sf(np.abs(z))
    any_false, share = 0, 0.0
    for row in p:
        any_false += bool((holm(row) <= 0.05)[:10].any())
        found = benjamini_hochberg(row) <= 0.05
        share += found[:10].sum() / max(found.sum(), 1)
    assert 0.02 < any_false / len(p) < 0.06
    assert 0.015 < share / len(p) < 0.035
