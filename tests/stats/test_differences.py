"""Pairwise differences against scipy's tests, formulas by hand, other definitions, simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats import (
    System,
    differences,
    interaction_variance,
    interval,
    rank_intervals,
    standard_error,
    system_interval,
    tie_letters,
    two_source,
)


def of_means(x):
    """One system for each column of values."""
    return [System((float(one.mean()),), (one - one.mean())[:, None]) for one in x.T]


def correlated(seed, n=80, s=7, spread=0.4):
    rng = np.random.default_rng(seed)
    shared, gaps = rng.standard_normal((n, 1)), rng.normal(0, spread, s)
    return shared + rng.standard_normal((n, s)) * rng.uniform(0.3, 2, s) + gaps


def pairs_of(s):
    return list(itertools.combinations(range(s), 2))


@pytest.mark.parametrize("seed", range(4))
def test_p_is_that_of_paired_t_tests(seed):
    x = correlated(seed)
    found = differences(of_means(x), trials=50)
    for a, b in pairs_of(7):
        expected = peer.ttest_rel(x[:, a], x[:, b])
        assert found.p[a, b] == pytest.approx(expected.pvalue, rel=1e-8)
        assert found.freedom[a, b] == expected.df
        assert found.delta[a, b] == pytest.approx(x[:, a].mean() - x[:, b].mean())
        ends = expected.confidence_interval()
        assert found.interval()[0][a, b] == pytest.approx(ends.low, rel=1e-8)
        assert found.interval()[1][a, b] == pytest.approx(ends.high, rel=1e-8)
    assert found.p.diagonal().tolist() == found.p_adjusted.diagonal().tolist() == [1.0] * 7
    assert found.delta.diagonal().tolist() == found.error.diagonal().tolist() == [0.0] * 7
    assert found.units == 80


def test_identical_systems_never_differ():
    one = np.random.default_rng(0).standard_normal(200)
    found = differences(of_means(np.stack([one, one, one], axis=1)))
    assert (found.p == 1).all()
    assert (found.p_adjusted == 1).all()
    assert (found.error == 0).all()
    for offset in (0.0, 1e-17, -1e-16):
        base = one.mean() + 1
        near = [System((base + k * offset,), (one - one.mean())[:, None]) for k in range(3)]
        found = differences(near)
        assert (found.p == 1).all()
        assert not found.differ.any()
        values = np.array([system.values[0] for system in near])
        assert rank_intervals(values, found.differ) == [(1, 3)] * 3
        assert tie_letters(values, found.differ) == ["a", "a", "a"]


def test_swapped_systems_have_the_same_p_and_the_opposite_difference():
    systems = of_means(correlated(5, s=4))
    order = [2, 0, 3, 1]
    found = differences(systems, trials=3_000)
    moved = differences([systems[one] for one in order], trials=3_000)
    at = np.ix_(order, order)
    assert moved.delta.tolist() == found.delta[at].tolist()
    np.testing.assert_allclose(moved.p, found.p[at], rtol=1e-12)
    for one in (found, moved):
        assert (one.delta == -one.delta.T).all()
        for matrix in (one.error, one.freedom, one.p, one.p_adjusted):
            assert (matrix == matrix.T).all()
    two = differences(systems[:2]), differences(systems[1::-1])
    assert two[0].delta[0, 1] == -two[1].delta[0, 1]
    assert two[0].p_adjusted[0, 1] == two[1].p_adjusted[0, 1]
    # The draws are others for another order, so the adjusted p are equal up to their noise.
    q = found.p_adjusted[at]
    noise = 4 * np.sqrt(2 * q * (1 - q) / 3_000) + 2e-3
    assert (np.abs(moved.p_adjusted - q) <= noise).all()


def test_a_constant_difference_has_the_p_of_a_sign_test():
    for n, differs in ((2, False), (5, False), (6, True), (50, True), (3_000, True)):
        base = np.linspace(0, 1, n)
        found = differences(of_means(np.stack([base, base + 0.5], axis=1)))
        assert found.p[0, 1] == pytest.approx(2.0 ** (1 - min(n, 1000)))
        assert found.differ[0, 1] == differs
        assert found.interval()[0][0, 1] == pytest.approx(-0.5)
        assert found.interval()[1][0, 1] == pytest.approx(-0.5)
    flat = [System((value,), np.zeros((12, 1))) for value in (1.0, 2.0)]
    users = [np.arange(12) // 3]
    assert differences(flat, users).p[0, 1] == 2.0**-3


@pytest.mark.parametrize("columns", [1, 2])
def test_clusters_give_the_error_and_the_freedom(columns):
    rng = np.random.default_rng(2)
    clusters = [rng.integers(0, 12, 300), rng.integers(0, 9, 300)][:columns]
    x = correlated(3, n=300, s=4) + rng.standard_normal((12, 4))[clusters[0]]
    found = differences(of_means(x), clusters)
    assert found.units == (12, 9)[columns - 1]
    assert (found.freedom == found.units - 1).all()
    for a, b in pairs_of(4):
        gap = x[:, a] - x[:, b]
        error = standard_error(gap - gap.mean(), clusters)
        assert found.error[a, b] == pytest.approx(error, rel=1e-9)
        p = 2 * peer.t.sf(abs(gap.mean()) / error, found.units - 1)
        assert found.p[a, b] == pytest.approx(p, rel=1e-8)
        low, high = interval(gap.mean(), gap - gap.mean(), clusters)
        assert found.interval()[0][a, b] == pytest.approx(low, rel=1e-8)
        assert found.interval()[1][a, b] == pytest.approx(high, rel=1e-8)


def test_clusters_widen_the_ranks():
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(12), 50)
    gap = rng.standard_normal(12)[users] + 0.3 * rng.standard_normal(600) + 0.35
    first = rng.standard_normal(600)
    systems = of_means(np.stack([first, first - gap], axis=1))
    values = np.array([system.values[0] for system in systems])
    plain, clustered = differences(systems), differences(systems, [users])
    assert rank_intervals(values, plain.differ) == [(1, 1), (2, 2)]
    assert rank_intervals(values, clustered.differ) == [(1, 2), (1, 2)]


def seeded(rng, seeds, n=60):
    scores = 0.3 * rng.standard_normal(seeds)
    x = rng.standard_normal((n, 1)) + 0.5 * rng.standard_normal((n, seeds)) + scores
    return System(tuple(map(float, x.mean(axis=0))), x - x.mean(axis=0))


@pytest.mark.parametrize("clustered", [False, True])
def test_seeds_add_their_variance(clustered):
    rng = np.random.default_rng(11)
    systems = [seeded(rng, seeds) for seeds in (3, 5, 1)]
    clusters = [np.arange(60) % 15] if clustered else []
    found = differences(systems, clusters)
    for a, b in pairs_of(3):
        one, other = systems[a], systems[b]
        psi = one.influence.mean(axis=1) - other.influence.mean(axis=1)
        expected = two_source(
            standard_error(psi, clusters) ** 2,
            14 if clustered else 59,
            [one.values, other.values],
            [interaction_variance(one.influence), interaction_variance(other.influence)],
        )
        delta = np.mean(one.values) - np.mean(other.values)
        assert found.error[a, b] == found.error[b, a] == pytest.approx(expected.error, rel=1e-9)
        assert found.freedom[a, b] == pytest.approx(expected.freedom, rel=1e-9)
        p = 2 * peer.t.sf(abs(delta) / expected.error, expected.freedom)
        assert found.p[a, b] == pytest.approx(p, rel=1e-8)
        reach = peer.t.ppf(0.975, expected.freedom) * expected.error
        assert found.interval()[0][a, b] == pytest.approx(delta - reach, rel=1e-8)
        assert found.interval()[1][a, b] == pytest.approx(delta + reach, rel=1e-8)
        assert expected.error > standard_error(psi, clusters)


def test_the_interval_of_one_system():
    rng = np.random.default_rng(4)
    one, five = seeded(rng, 1), seeded(rng, 5)
    users = [np.arange(60) % 15]
    assert system_interval(one, users) == interval(one.values[0], one.influence[:, 0], users)
    low, high = system_interval(five, users, alpha=0.1)
    expected = two_source(
        standard_error(five.influence.mean(axis=1), users) ** 2,
        14,
        [five.values],
        [interaction_variance(five.influence)],
    )
    reach = peer.t.ppf(0.95, expected.freedom) * expected.error
    centre = np.mean(five.values)
    assert (low, high) == pytest.approx((centre - reach, centre + reach))
    cut = system_interval(five, users, alpha=0.1, bounds=(centre - reach / 2, centre + reach / 3))
    assert cut == pytest.approx((centre - reach / 2, centre + reach / 3))
    assert system_interval(five, [["one"] * 60]) is None
    assert system_interval(System((math.nan, 1.0), five.influence[:, :2])) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_adjusted_p_is_that_of_simulated_largest_statistics(seed):
    x = correlated(seed + 20, n=60, s=5, spread=0.3)
    found = differences(of_means(x), trials=20_000)
    rng = np.random.default_rng(0)
    covariance = np.cov(x, rowvar=False) / 60
    draws = rng.multivariate_normal(np.zeros(5), covariance, size=20_000)
    largest = np.zeros(20_000)
    for a, b in pairs_of(5):
        error = (x[:, a] - x[:, b]).std(ddof=1) / math.sqrt(60)
        largest = np.maximum(largest, np.abs(draws[:, a] - draws[:, b]) / error)
    for a, b in pairs_of(5):
        expected = (largest >= peer.norm.isf(found.p[a, b] / 2)).mean()
        noise = 5 * math.sqrt(2 * max(expected * (1 - expected), 1e-4) / 20_000)
        assert found.p_adjusted[a, b] == pytest.approx(expected, abs=noise)


def test_one_pair_needs_no_adjustment():
    found = differences(of_means(correlated(1, s=2)))
    assert found.p_adjusted[0, 1] == found.p[0, 1]
    assert found.level == found.alpha == 0.05
    assert found.interval()[0].tolist() == found.interval(simultaneous=True)[0].tolist()


def test_twins_are_adjusted_as_one():
    """Two systems that are the same make one comparison with the third."""
    x = correlated(6, s=2, spread=0.2)
    found = differences(of_means(x[:, [0, 0, 1]]), trials=40_000)
    assert found.p[0, 2] == pytest.approx(found.p[1, 2], rel=1e-9)
    q = found.p[0, 2]
    noise = 5 * math.sqrt(q * (1 - q) / 40_000)
    assert found.p_adjusted[0, 2] == pytest.approx(q, abs=noise)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), s=st.integers(1, 7), spread=st.floats(0, 2))
def test_laws_of_the_adjustment(seed, s, spread):
    x = correlated(seed, n=30, s=s, spread=spread)
    trials = 1_000
    found = differences(of_means(x), trials=trials, seed=seed)
    pairs = s * (s - 1) / 2
    off = ~np.eye(s, dtype=bool)
    p, adjusted = found.p[off], found.p_adjusted[off]
    assert (adjusted >= p).all()
    most = np.minimum(1, pairs * p)
    noise = 6 * np.sqrt(most * (1 - most) / trials) + 8 / trials
    assert (adjusted <= most + noise).all(), "Bonferroni's is the most"
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()
    low, high = found.interval(simultaneous=True)
    assert (((low > 0) | (high < 0)) == found.differ).all()
    assert (low <= found.interval()[0] + 1e-12).all()
    assert (found.differ == (found.p < found.level)).all()
    values = np.array([system.values[0] for system in of_means(x)])
    for rank, system in enumerate(sorted(range(s), key=lambda i: -values[i]), start=1):
        best, worst = rank_intervals(values, found.differ)[system]
        assert 1 <= best <= rank <= worst <= s


def test_with_too_few_draws_nothing_differs():
    x = correlated(8, s=3) + np.array([0, 50, 100])
    found = differences(of_means(x), trials=10)
    assert found.p.min() < 1e-20
    assert not found.differ.any()
    low, high = found.interval(simultaneous=True)
    off = ~np.eye(3, dtype=bool)
    assert np.isneginf(low[off]).all()
    assert np.isposinf(high[off]).all()


def test_the_same_seed_gives_the_same_bytes():
    systems = of_means(correlated(9))
    first, again = differences(systems, seed=0), differences(systems, seed=0)
    assert first.p_adjusted.tobytes() == again.p_adjusted.tobytes()
    other = differences(systems, seed=1)
    assert first.p_adjusted.tobytes() != other.p_adjusted.tobytes()
    assert first.p.tobytes() == other.p.tobytes()


def test_equal_systems_are_rarely_told_apart():
    rng = np.random.default_rng(9)
    false = sum(
        differences(of_means(rng.standard_normal((60, 6))), trials=999).differ.any()
        for _ in range(400)
    )
    assert 0.02 < false / 400 < 0.085


@pytest.mark.parametrize("n", [0, 1])
def test_without_two_examples_nothing_differs(n):
    found = differences([System((value,), np.zeros((n, 1))) for value in (1.0, 2.0, 3.0)])
    assert (found.p == 1).all()
    assert (found.p_adjusted == 1).all()
    assert np.isnan(found.error[0, 1])
    assert np.isnan(found.interval()[0][0, 1])
    assert found.delta[0, 2] == -2


def test_one_cluster_shows_nothing():
    systems = of_means(correlated(1, n=20, s=3) + np.array([0.0, 10.0, 20.0]))
    found = differences(systems, [["a"] * 20])
    assert (found.p == 1).all()
    assert not found.differ.any()


def test_no_systems_and_one_system():
    assert differences([]).delta.shape == differences([]).differ.shape == (0, 0)
    found = differences(of_means(correlated(0, s=1)))
    assert found.p.tolist() == found.p_adjusted.tolist() == [[1.0]]


@pytest.mark.parametrize("size", [1e-120, 1e-9, 1e120])
def test_units_do_not_matter(size):
    x = correlated(7, s=4)
    plain, scaled = differences(of_means(x)), differences(of_means(x * size))
    np.testing.assert_allclose(scaled.p, plain.p, rtol=1e-6)
    np.testing.assert_allclose(scaled.p_adjusted, plain.p_adjusted, rtol=0.05)


ONE = System((1.0,), np.zeros((5, 1)))


@pytest.mark.parametrize(
    ("systems", "options", "says"),
    [
        ([ONE, System((1.0,), np.zeros((5, 3)))], {}, "1 values do not fit"),
        ([ONE, System((1.0, 2.0), np.zeros((5, 1)))], {}, "2 values do not fit"),
        ([ONE, System((1.0,), np.zeros(5))], {}, "do not fit"),
        ([ONE, System((1.0,), np.zeros((6, 1)))], {}, "different numbers"),
        ([ONE, System((math.nan,), np.zeros((5, 1)))], {}, "finite"),
        ([ONE, System((math.inf,), np.zeros((5, 1)))], {}, "finite"),
        ([ONE, System((1.0,), np.full((5, 1), math.nan))], {}, "finite"),
        ([ONE, ONE], {"alpha": 5}, "alpha"),
        ([ONE, ONE], {"alpha": 0}, "alpha"),
        ([ONE, ONE], {"trials": 0}, "trials"),
        ([ONE, ONE], {"seed": -1}, "seed"),
        ([ONE, ONE], {"clusters": [[1, 2]]}, "column 0"),
    ],
)
def test_wrong_arguments_are_the_users_error(systems, options, says):
    with pytest.raises(UsageError, match=says):
        differences(systems, **options)
