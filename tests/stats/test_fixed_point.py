"""Rows in fixed point, against fractions of Python."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from showcase_bench.errors import UsageError
from showcase_bench.stats.fixed_point import fixed_point, narrowed

shapes = array_shapes(min_dims=2, max_dims=3, max_side=6)
moderate = st.floats(-1e250, 1e250, allow_subnormal=False)
tables = shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=moderate))


def columns_of(rows):
    return np.moveaxis(rows, -1, 0).reshape(rows.shape[-1], len(rows), -1)


@settings(max_examples=200, deadline=None)
@given(rows=tables, growth=st.sampled_from([1.0, 4.0, 4096.0]))
def test_laws_of_fixed_point(rows, growth):
    exact, unit = fixed_point(rows, growth=growth)
    assert exact.shape == rows.shape
    assert unit.shape == rows.shape[-1:]
    assert (exact == np.rint(exact)).all()
    assert (np.frexp(unit)[0] == 0.5).all(), "units are powers of two"
    flat = exact.reshape(len(exact), -1)
    assert (np.abs(flat).sum(axis=0) * growth <= 2**52 + growth * len(flat)).all()
    for column, whole, one in zip(columns_of(rows), columns_of(exact), unit, strict=True):
        bound = max(sum(map(Fraction, np.abs(system).tolist())) for system in column.T)
        most = bound * Fraction(growth) / 2**52 * Fraction(1 + 1e-9) + Fraction(2**-1074)
        for value, number in zip(column.ravel().tolist(), whole.ravel().tolist(), strict=True):
            assert abs(Fraction(value) - Fraction(number) * Fraction(one)) <= most


@given(arrays(np.float64, (7, 2, 3), elements=st.integers(-(10**9), 10**9).map(float)))
def test_whole_numbers_stay(rows):
    exact, unit = fixed_point(rows, growth=4.0)
    assert exact.tolist() == rows.tolist()
    assert unit.tolist() == [1.0] * 3


def test_each_column_has_its_unit():
    rows = np.array([[3.0, 0.1, 2.0**60], [5.0, 0.2, 2.0**61 + 2.0**40]])
    exact, unit = fixed_point(rows)
    assert unit[0] == 1
    assert unit[1] < 2**-50
    assert unit[2] > 1
    np.testing.assert_allclose(exact * unit, rows, rtol=1e-14)


@settings(deadline=None)
@given(
    rows=arrays(np.float64, (20, 2), elements=st.floats(-1e6, 1e6)),
    order=st.permutations(range(20)),
)
def test_sums_do_not_depend_on_the_order(rows, order):
    exact = fixed_point(rows).rows
    forwards, other = np.zeros(2), np.zeros(2)
    for at in range(20):
        forwards += exact[at]
        other += exact[order[at]]
    assert forwards.tolist() == other.tolist() == (np.ones(20) @ exact).tolist()


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_magnitudes(size):
    rows = np.random.default_rng(0).standard_normal((50, 3, 2)) * size
    exact, unit = fixed_point(rows, growth=4.0)
    np.testing.assert_allclose(exact * unit, rows, rtol=0, atol=size * 1e-12)
    assert np.abs(exact).max() > 2**40, "no precision is given away"


def test_zeros_and_nothing():
    exact, unit = fixed_point(np.zeros((4, 2)))
    assert exact.tolist() == np.zeros((4, 2)).tolist()
    assert np.isfinite(unit).all()
    for shape in ((0, 3), (2, 0, 3), (5, 0)):
        assert fixed_point(np.zeros(shape)).rows.shape == shape
    assert fixed_point(np.full((2, 1), 5e-324)).rows.tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_the_users_error(wrong):
    with pytest.raises(UsageError, match="finite"):
        fixed_point(np.array([[1.0], [wrong]]))


@pytest.mark.parametrize("rows", [[[1e308], [1e308]], [[1e306], [-1e306]]])
def test_sums_that_overflow_are_the_users_error(rows):
    with pytest.raises(UsageError, match="too large"):
        fixed_point(np.array(rows), growth=4096.0)


def test_rows_are_narrow_where_sums_of_them_stay_exact():
    most = 2.0**24
    assert narrowed(np.full((4, 1), most / 4 - 1)).dtype == np.float32
    assert narrowed(np.full((4, 1), most / 4)).dtype == np.float64
    assert narrowed(np.array([[most], [0.0]])).dtype == np.float64
    assert narrowed(np.array([[most / 2], [-most / 2]])).dtype == np.float64
    assert narrowed(np.full((4, 1), 1.0), terms=4).dtype == np.float32
    assert narrowed(np.array([[most / 4 - 1], [1.0]]), terms=4).dtype == np.float32
    assert narrowed(np.array([[most / 4], [1.0]]), terms=4).dtype == np.float64
    assert narrowed(np.zeros((0, 3))).shape == (0, 3)


@settings(deadline=None)
@given(
    rows=arrays(np.float64, (16, 3), elements=st.integers(-(2**21), 2**21).map(float)),
    seed=st.integers(0, 99),
)
def test_narrow_sums_are_exact(rows, seed):
    drawn = np.random.default_rng(seed).integers(0, 16, 16)
    weights = np.bincount(drawn, minlength=16)
    table = narrowed(rows, terms=16)
    found = weights.astype(table.dtype) @ table
    assert found.tolist() == [
        sum(int(rows[at, column]) for at in drawn.tolist()) for column in range(3)
    ]
