"""Power against scipy's noncentral t, its limits, simulation and the laws it obeys."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats.power import (
    MOST_EXAMPLES,
    detectable_difference,
    power,
    power_curve,
    required_n,
)

freedoms = st.one_of(st.floats(1, 50), st.floats(50, 1e9))
alphas = st.sampled_from([0.2, 0.05, 0.01, 1e-4])
shifts = st.floats(0, 60)


def by_scipy(shift, freedom, alpha):
    t = peer.t.isf(alpha / 2, freedom)
    far = peer.nct.cdf(-t, freedom, shift)  # NaN where it is next to nothing
    return peer.nct.sf(t, freedom, shift) + np.nan_to_num(far)


def by_integral(shift, freedom, alpha):
    """Chance given the estimated error, averaged over the error; ends where there is no mass."""
    t, spread = peer.t.isf(alpha / 2, freedom), peer.chi(freedom, scale=1 / math.sqrt(freedom))

    def found(error):
        hit = peer.norm.sf(t * error - shift) + peer.norm.cdf(-t * error - shift)
        return hit * spread.pdf(error)

    low, high = spread.ppf(1e-14), spread.isf(1e-14)
    inner = shift / t if low < shift / t < high else spread.mean()
    return sum(
        integrate.quad(found, a, b, limit=300, epsabs=1e-12)[0]
        for a, b in ((low, inner), (inner, high))
    )


@pytest.mark.parametrize("freedom", [1, 2, 2.5, 7, 30, 200, 5_000])
@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.001])
def test_power_equals_scipy(freedom, alpha):
    grid = np.array([0.0, 0.01, 0.5, 1, 2, 3, 5, 8])
    expected = by_scipy(grid, freedom, alpha)
    np.testing.assert_allclose(power_curve(grid, 1.0, freedom, alpha), expected, atol=1e-9)


@pytest.mark.parametrize("freedom", [1, 3, 12, 99_999, 100_001])
@pytest.mark.parametrize("shift", [2, 9.9, 10.1, 60])
def test_power_equals_an_integral(freedom, shift):
    for alpha in (0.05, 0.001):
        expected = by_integral(shift, freedom, alpha)
        assert power(shift, 1.0, freedom, alpha) == pytest.approx(expected, abs=2e-8)


def test_power_by_hand():
    """With endless data it is that of the z-test: 1.96 and .8416 standard errors give 80 %."""
    assert power(1.959964 + 0.841621, 1.0, 1e12) == pytest.approx(0.8, abs=1e-5)
    assert power(1.0, 1.0, math.inf) == pytest.approx(
        peer.norm.sf(1.959964 - 1) + peer.norm.cdf(-1.959964 - 1), abs=1e-6
    )


def test_a_textbook_size():
    """Two-sided paired test of half a standard deviation: 34 pairs for 80 % (Cohen 1988)."""
    assert required_n(0.5, 1 / math.sqrt(100), 100, 100) == 34
    assert required_n(0.2, 1 / math.sqrt(100), 100, 100) == 199
    assert required_n(0.5, 1 / math.sqrt(100), 100, 100, power=0.9) == 44


@given(shifts, shifts, freedoms, alphas)
def test_power_grows_with_the_difference(one, other, freedom, alpha):
    small, large = power_curve([min(one, other), max(one, other)], 1.0, freedom, alpha)
    assert alpha <= small <= large + 1e-9
    assert large <= 1


@given(shifts, freedoms, st.floats(1, 100), alphas)
def test_power_grows_with_freedom_and_level(shift, freedom, times, alpha):
    found = power(shift, 1.0, freedom, alpha)
    assert power(shift, 1.0, freedom * times, alpha) >= found - 1e-9
    assert power(shift, 1.0, freedom, alpha * 2) >= found - 1e-9


@given(st.floats(-10, 10), st.floats(0.01, 100), freedoms, st.sampled_from([1e-9, 0.3, 1e9]))
def test_neither_sign_nor_unit_matters(delta, error, freedom, unit):
    found = power(delta, error, freedom)
    assert power(-delta, error, freedom) == found
    assert power(delta * unit, error * unit, freedom) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize("freedom", [1, 1.5, 2, 4, 30, 1e5, 1e9, 1e300, math.inf])
def test_far_ends(freedom):
    far = power_curve([1e3, 9_999, 10_001, 1e5, 1e9, 1e200, 1e308], 1e-3, freedom, 1e-8)
    assert np.isfinite(far).all()
    assert (np.diff(far) >= -1e-7).all()
    assert far[-1] == 1.0
    assert power(0.0, 1.0, freedom) == pytest.approx(0.05, abs=1e-9)
    assert power(1e-300, 1.0, freedom) == pytest.approx(0.05, abs=1e-9)
    assert power(1.0, 1.0, freedom, 1e-200) < 1e-6


@pytest.mark.parametrize("freedom", [1, 1.5, 2])
def test_there_is_no_step_where_the_formula_changes(freedom):
    alpha = 2 * peer.t.sf(1e4, freedom)
    before, after = power_curve([1e4 * (1 - 1e-9), 1e4 * (1 + 1e-9)], 1.0, freedom, alpha)
    assert after == pytest.approx(before, abs=1e-7)


def test_missing_and_zero_errors():
    assert power(0.1, 0.0, 5) == 1.0
    assert power(0.0, 0.0, 5) == 0.05
    assert math.isnan(power(0.1, math.nan, 5))
    assert power(0.1, math.inf, 5) == 0.05
    assert power_curve([], 1.0, 5).shape == (0,)
    assert power_curve([0.0, 1.0], 0.0, 5).tolist() == [0.05, 1.0]
    assert np.isnan(power_curve([0.0, 1.0], math.nan, 5)).all()
    assert detectable_difference(0.0, 5) == 0.0
    assert math.isnan(detectable_difference(math.nan, 5))


@settings(max_examples=50)
@given(st.floats(1e-6, 1e6), freedoms, st.floats(0.25, 0.999), alphas)
def test_the_detectable_difference_is_just_found(error, freedom, wanted, alpha):
    delta = detectable_difference(error, freedom, wanted, alpha)
    assert power(delta, error, freedom, alpha) == pytest.approx(wanted, abs=1e-6)
    assert power(delta * (1 - 1e-4), error, freedom, alpha) < wanted


def test_detectable_differences_of_the_z_test():
    assert detectable_difference(2.0, 1e9) == pytest.approx(2 * 2.8015852, rel=1e-5)
    assert detectable_difference(1.0, math.inf, 0.9) == pytest.approx(
        1.9599640 + 1.2815516, rel=1e-5
    )
    assert detectable_difference(1.0, 5, 0.0500001) < 0.01


@settings(max_examples=60)
@given(
    st.floats(0.05, 3),
    st.floats(0.01, 0.5),
    st.integers(2, 400),
    st.floats(0, 1),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_the_required_number_is_the_first_that_is_enough(delta, error, n, share, wanted):
    units = max(2, round(n * share))

    def reached(size):
        return power(delta, error * math.sqrt(n / size), max(units * size / n - 1, 1)) >= wanted

    size = required_n(delta, error, n, units, wanted)
    fewest = math.ceil(2 * n / units)
    assert isinstance(size, int)
    assert size >= fewest
    assert reached(size)
    assert size == fewest or not reached(size - 1)
    assert required_n(-delta, error, n, units, wanted) == size
    if size < 200:
        assert next(m for m in range(fewest, size + 1) if reached(m)) == size


def test_required_numbers_at_the_ends():
    assert required_n(0.1, 0.0, 50, 50) == 2
    assert required_n(0.1, 0.0, 50, 10) == 10
    assert required_n(0.1, 1e-300, 50, 10) == 10
    assert required_n(1e300, 1e-300, 50, 50) == 2
    assert required_n(1e-300, 1.0, 50, 50) == MOST_EXAMPLES
    assert required_n(1e-9, 1.0, 50, 50) == MOST_EXAMPLES
    assert required_n(np.float64(0.5), np.float64(0.1), np.int64(100), np.int64(100)) == 34


def test_clusters_take_more_examples():
    sizes = [required_n(0.1, 0.2, 1_000, units) for units in (1_000, 100, 10, 2)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.parametrize(("n", "effect"), [(5, 1.5), (20, 0.7), (100, 0.2)])
def test_the_simulated_power_of_a_t_test_is_the_formula(n, effect):
    x = np.random.default_rng(n).standard_normal((8_000, n)) + effect
    found = (peer.ttest_1samp(x, 0, axis=1).pvalue < 0.05).mean()
    assert power(effect, 1 / math.sqrt(n), n - 1) == pytest.approx(found, abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((math.nan, 1.0, 5), "finite"),
        ((math.inf, 1.0, 5), "finite"),
        ((1.0, -1.0, 5), "not negative"),
        ((1.0, 1.0, 0.5), "at least 1"),
        ((1.0, 1.0, math.nan), "at least 1"),
        ((1.0, 1.0, 5, 0.0), "alpha"),
        ((1.0, 1.0, 5, 1.0), "alpha"),
        ((1.0, 1.0, 5, 5), "alpha"),
        ((1.0, 1.0, 5, math.nan), "alpha"),
    ],
)
def test_wrong_arguments_of_power_are_the_users_error(arguments, says):
    with pytest.raises(UsageError, match=says):
        power(*arguments)


def test_other_wrong_arguments_are_the_users_error():
    with pytest.raises(UsageError, match="one row"):
        power_curve([[1.0]], 1.0, 5)
    for wrong in (0.05, 0.01, 1.0, 80, math.nan):
        with pytest.raises(UsageError, match="power is between"):
            detectable_difference(1.0, 5, wrong)
        with pytest.raises(UsageError, match="power is between"):
            required_n(0.1, 0.1, 10, 10, wrong)
    with pytest.raises(UsageError, match="not negative"):
        detectable_difference(-1.0, 5)
    for delta in (0, 0.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="other than 0"):
            required_n(delta, 0.1, 10, 10)
    for error in (math.nan, math.inf):
        with pytest.raises(UsageError, match="finite"):
            required_n(0.1, error, 10, 10)
    with pytest.raises(UsageError, match="not negative"):
        required_n(0.1, -0.1, 10, 10)
    for n, units in ((10, 1), (10, 11), (1, 1), (0, 0)):
        with pytest.raises(UsageError, match="independent units"):
            required_n(0.1, 0.1, n, units)
