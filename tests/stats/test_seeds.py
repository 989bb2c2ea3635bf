"""Uncertainty over seeds and examples: by hand, by analysis of variance, by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as peer
from scipy.special import stdtr

from showcase_bench.errors import UsageError
from showcase_bench.stats.seeds import Uncertainty, interaction_variance, two_source

variances = st.floats(1e-6, 1e6)
freedoms = st.floats(1, 1e6)
runs = st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=1, max_size=8)


def test_variances_add_up():
    """1.6 of the examples, 1 / 3 and 8 / 2 of the seeds."""
    found = two_source(1.6, 99, [[4, 5, 6], [1, 5]])
    assert found.error**2 == pytest.approx(1.6 + 1 / 3 + 4)
    assert two_source(1.6, 99, [[4, 5, 6], [1, 5]], [0.25, 0]).error ** 2 == pytest.approx(
        1.6 + 1 / 3 + 4 - 0.25
    )


def test_degrees_of_freedom_are_those_of_upper_limits():
    """A quarter of chi-square with 2 and 20 degrees of freedom is below .5754 and 15.452."""
    example, seeds = 1.6 * 20 / 15.4518, 1 / 3 * 2 / 0.57536
    expected = (example + seeds) ** 2 / (example**2 / 20 + seeds**2 / 2)
    assert two_source(1.6, 20, [[4, 5, 6]]).freedom == pytest.approx(expected, rel=1e-4)
    net = (example + seeds - 0.25) ** 2 / (example**2 / 20 + seeds**2 / 2)
    assert two_source(1.6, 20, [[4, 5, 6]], [0.25]).freedom == pytest.approx(net, rel=1e-4)


@pytest.mark.parametrize(
    ("example", "values", "interaction", "expected"),
    [
        (2.0, [[0, 2, 4]], [5.0], 2.0),
        (1.0, [[0, 2, 4]], [5.0], 4 / 3),
        (2.0, [[1, 1, 1]], [0.5], 2.0),
        (2.0, [[0, 2], [0, 2]], [1.9, 0.0], 2.1),
    ],
)
def test_too_large_an_interaction_leaves_the_larger_source(example, values, interaction, expected):
    assert two_source(example, 50, values, interaction).error ** 2 == pytest.approx(expected)


def test_a_source_alone_keeps_its_degrees_of_freedom():
    assert two_source(4.0, 30, [[1.0], [2.0]]) == Uncertainty(2.0, pytest.approx(30))
    assert two_source(4.0, 30, []) == (2.0, pytest.approx(30))
    assert two_source(0.0, 30, [[1.0, 3.0, 5.0], [2.0]]) == pytest.approx((math.sqrt(4 / 3), 2))
    assert two_source(4.0, 30, [[7.0, 7.0], [2.0]]) == (2.0, pytest.approx(30))
    assert two_source(0.0, 30, [[7.0, 7.0], [2.0]]) == (0.0, 30)


def test_one_seed_is_not_told_to_interact():
    assert two_source(4.0, 30, [[1.0], [1.0, 2.0]], [3.0, 0.1]) == two_source(
        4.0, 30, [[1.0, 2.0]], [0.1]
    )


@given(variances, freedoms, st.lists(runs, max_size=4), st.floats(0, 3))
def test_laws_of_two_sources(example, freedom, values, share):
    seeds = [float(np.var(x, ddof=1)) / len(x) for x in values if len(x) > 1]
    interaction = [share * example / 3] * len(values)
    found = two_source(example, freedom, values, interaction)
    total, slack = found.error**2, 1 + 1e-9
    assert max(example, sum(seeds)) <= total * slack
    assert total <= (example + sum(seeds)) * slack
    assert total <= two_source(example, freedom, values).error ** 2 * slack
    assert 1 <= found.freedom <= (freedom + sum(max(len(x) - 1, 0) for x in values)) * slack
    plain = two_source(example, freedom, values)
    counted = [len(x) - 1 for x in values if len(x) > 1 and np.var(x) > 0]
    assert plain.freedom >= min([freedom, *counted]) / slack
    assert two_source(example, freedom, values[::-1], interaction) == pytest.approx(found)


@given(variances, freedoms, st.lists(runs, max_size=3), st.sampled_from([1e-120, 1e-6, 1e6, 1e120]))
def test_the_unit_of_the_scores_does_not_matter(example, freedom, values, unit):
    plain = two_source(example, freedom, values)
    scaled = two_source(example * unit**2, freedom, [[x * unit for x in row] for row in values])
    assert scaled.error == pytest.approx(plain.error * unit, rel=1e-6)
    assert scaled.freedom == pytest.approx(plain.freedom, rel=1e-6)


def test_interaction_by_hand():
    """Residuals of [[1, 0], [0, 1]] are plus and minus a half: sum 1, one degree of freedom."""
    assert interaction_variance(np.array([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(1 / 4)


@given(st.integers(2, 12), st.integers(2, 5), st.integers(0, 999))
def test_interaction_is_the_least_squares_residual(n, r, seed):
    psi = np.random.default_rng(seed).standard_normal((n, r))
    example, run = np.indices((n, r)).reshape(2, -1)
    design = np.hstack([example[:, None] == np.arange(n), run[:, None] == np.arange(r)])
    residual = np.linalg.lstsq(design.astype(float), psi.ravel(), rcond=None)[1]
    residual = (
        residual[0]
        if len(residual)
        else np.linalg.norm(
            psi.ravel() - design @ np.linalg.lstsq(design.astype(float), psi.ravel(), rcond=None)[0]
        )
        ** 2
    )
    expected = residual / ((n - 1) * (r - 1)) / (n * r)
    assert interaction_variance(psi) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_what_is_common_to_an_example_or_a_seed_is_no_interaction():
    rng = np.random.default_rng(1)
    psi = rng.standard_normal((50, 4))
    shifted = psi + rng.standard_normal((50, 1)) + rng.standard_normal(4)
    assert interaction_variance(shifted) == pytest.approx(interaction_variance(psi))
    assert interaction_variance(np.ones((50, 4))) == 0.0
    assert interaction_variance(np.arange(50.0)[:, None] + np.arange(4.0)) < 1e-25


def test_interaction_is_not_biased():
    rng = np.random.default_rng(2)
    found = [
        interaction_variance(rng.standard_normal((30, 1)) * 5 + 2 * rng.standard_normal((30, 3)))
        for _ in range(500)
    ]
    assert np.mean(found) == pytest.approx(4 / (30 * 3), rel=0.03)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 3), (5, 1), (5, 0)])
def test_where_there_is_nothing_to_estimate_from_interaction_is_none(shape):
    assert interaction_variance(np.ones(shape)) == 0.0


SETTINGS = {"none": (0.0, 0.0), "equal": (1.0, 0.0), "dominating": (20.0, 0.0), "mixed": (1.0, 0.5)}
"""Variance of training, and of what examples gain or lose by seed."""


def false_finds(rng, seeds, training, interaction, trials=1_500, n=200):
    """Share of equal systems, with these numbers of seeds, that a test at 5 % tells apart.

    ``training`` is the variance of the mean over the seeds relative to that of the examples;
    ``interaction`` is the variance of one output relative to that of the example.
    """
    noise = rng.standard_normal((trials, n))
    delta, influence, values, overlap = np.zeros(trials), np.zeros((trials, n)), [], []
    for sign, r in zip((1, -1), seeds, strict=True):
        scores = np.repeat(noise[:, :, np.newaxis] * (sign / 2), r, axis=2)
        if interaction:
            scores += rng.standard_normal((trials, n, r)) * math.sqrt(interaction)
        if r > 1:
            scores += rng.standard_normal((trials, 1, r)) * math.sqrt(training * r / n)
        by_seed = scores.mean(axis=1)
        values.append(by_seed)
        overlap.append([interaction_variance(x) for x in scores - by_seed[:, None, :]])
        delta += sign * by_seed.mean(axis=1)
        influence += sign * (scores.mean(axis=2) - by_seed.mean(axis=1, keepdims=True))
    example = influence.var(axis=1, ddof=1) / n
    found = [
        two_source(example[t], n - 1, [x[t] for x in values], [x[t] for x in overlap])
        for t in range(trials)
    ]
    error, freedom = np.array(found).T
    return float((2 * stdtr(freedom, -np.abs(delta) / error) < 0.05).mean())


@pytest.mark.parametrize("seeds", [(3, 3), (5, 5), (10, 10), (3, 1)])
@pytest.mark.parametrize("setting", SETTINGS)
def test_equal_systems_are_rarely_told_apart(seeds, setting):
    rng = np.random.default_rng(sum(seeds))
    assert 0.02 <= false_finds(rng, seeds, *SETTINGS[setting]) <= 0.065


@pytest.mark.parametrize(("r", "most"), [(2, 0.066), (3, 0.059), (5, 0.056), (10, 0.056)])
def test_no_share_of_training_fools_the_test(r, most):
    """Summaries instead of examples, so that many trials are quick; one system has seeds."""
    rng, trials = np.random.default_rng(r), 2_000
    for training in (1.0, 12.0):
        example = rng.chisquare(199, trials) / 199
        values = rng.standard_normal((trials, r)) * math.sqrt(training * r)
        delta = rng.standard_normal(trials) + values.mean(axis=1)
        found = [two_source(v, 199, [x, [0.0]]) for v, x in zip(example, values, strict=True)]
        error, freedom = np.array(found).T
        share = (2 * stdtr(freedom, -np.abs(delta) / error) < 0.05).mean()
        assert share < most + 0.007, training


def test_two_trained_systems_are_nearly_compared_as_welch_does():
    """Equal variances and no example noise: the limits cancel."""
    a, b = [0.1, 0.5, 0.9], [1.1, 1.5, 1.9]
    found = two_source(0.0, 100, [a, b])
    p = 2 * stdtr(found.freedom, -abs(np.mean(a) - np.mean(b)) / found.error)
    assert p == pytest.approx(peer.ttest_ind(a, b, equal_var=False).pvalue)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((-1.0, 10, []), "variance"),
        ((math.nan, 10, []), "variance"),
        ((math.inf, 10, []), "variance"),
        ((1.0, 0, []), "at least 1"),
        ((1.0, math.nan, []), "at least 1"),
        ((1.0, 10, [[]]), "one score for each seed"),
        ((1.0, 10, [[[1.0, 2.0]]]), "one score for each seed"),
        ((1.0, 10, [[1.0, math.nan]]), "finite"),
        ((1.0, 10, [[1.0, 2.0]], [0.1, 0.1]), "do not fit"),
        ((1.0, 10, [[1.0, 2.0]], [-0.1]), "variance"),
        ((1.0, 10, [[1.0, 2.0]], [math.nan]), "variance"),
    ],
)
def test_wrong_arguments_are_the_users_error(arguments, says):
    with pytest.raises(UsageError, match=says):
        two_source(*arguments)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 2, 2)), np.array([[1, math.nan]])])
def test_a_wrong_influence_is_the_users_error(wrong):
    with pytest.raises(UsageError):
        interaction_variance(wrong)
