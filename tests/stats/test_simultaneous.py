"""Max-T against the studentized range, brute force and exact cases."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats.simultaneous import max_t


def matrix(s, p):
    found = np.full((s, s), p)
    np.fill_diagonal(found, 1.0)
    return found


@pytest.mark.parametrize("s", [3, 5, 8])
@pytest.mark.parametrize("shared", [0.0, 5.0])
def test_equal_variances_give_tukeys_test(s, shared):
    """What all systems share does not matter: differences of s equal ones, as Tukey has them."""
    covariance = np.eye(s) * 0.3 + shared
    for z in (1.5, 2.5, 3.2):
        found = max_t(matrix(s, 2 * peer.norm.sf(z)), covariance, trials=20_000)
        expected = peer.studentized_range.sf(z * math.sqrt(2), s, np.inf)
        noise = 5 * math.sqrt(expected * (1 - expected) / 20_000) + 1e-4
        assert found.p_adjusted[0, 1] == pytest.approx(expected, abs=noise)
        assert np.ptp(found.p_adjusted[~np.eye(s, dtype=bool)]) == 0
    reach = peer.studentized_range.ppf(0.95, s, np.inf) / math.sqrt(2)
    assert peer.norm.isf(found.level / 2) == pytest.approx(reach, abs=0.05)


def test_by_simulation():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((4, 4))
    covariance = root @ root.T
    pairs = list(itertools.combinations(range(4), 2))
    draws = rng.multivariate_normal(np.zeros(4), covariance, 20_000)
    contrasts = np.array([np.eye(4)[a] - np.eye(4)[b] for a, b in pairs])
    scale = np.sqrt(np.einsum("ki,ij,kj->k", contrasts, covariance, contrasts))
    largest = np.abs(draws @ contrasts.T / scale).max(axis=1)
    p = np.ones((4, 4))
    for at, (a, b) in enumerate(pairs):
        p[a, b] = p[b, a] = 0.1 / 2**at
    found = max_t(p, covariance, trials=20_000)
    for a, b in pairs:
        expected = (largest >= peer.norm.isf(p[a, b] / 2)).mean()
        noise = 5 * math.sqrt(2 * expected * (1 - expected) / 20_000) + 1e-3
        assert found.p_adjusted[a, b] == pytest.approx(expected, abs=noise)


def test_few_systems():
    for s in (0, 1, 2):
        found = max_t(matrix(s, 0.03), np.eye(s))
        assert found.p_adjusted.tolist() == matrix(s, 0.03).tolist()
        assert found.level == 0.05


def test_the_diagonal_is_1_and_p_of_1_stays():
    found = max_t(np.zeros((2, 2)), np.eye(2))
    assert found.p_adjusted.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert (max_t(np.ones((4, 4)), np.eye(4), trials=100).p_adjusted == 1).all()
    found = max_t(np.zeros((3, 3)), np.eye(3), trials=99)
    assert found.p_adjusted.tolist() == matrix(3, 0.01).tolist()


def test_systems_without_a_difference_do_not_add_to_the_largest():
    p = matrix(3, 0.02)
    p[0, 1] = p[1, 0] = 1.0
    twins = np.array([[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 1.0]])
    found = max_t(p, twins, trials=20_000)
    assert found.p_adjusted[0, 2] == pytest.approx(0.02, abs=5 * math.sqrt(0.02 / 20_000))
    nothing = max_t(matrix(3, 0.02), np.zeros((3, 3)), trials=99)
    assert nothing.p_adjusted[0, 1] == 0.02


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    s=st.integers(3, 7),
    percent=st.integers(1, 50),
    trials=st.integers(1, 400),
)
def test_laws(seed, s, percent, trials):
    alpha = percent / 100
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((s, int(rng.integers(1, s + 1))))
    p = np.triu(rng.uniform(0, 1, (s, s)) ** 3, k=1)
    p = p + p.T
    np.fill_diagonal(p, 1.0)
    found = max_t(p, root @ root.T, alpha=alpha, trials=trials, seed=seed)
    adjusted = found.p_adjusted
    assert (adjusted == adjusted.T).all()
    assert (adjusted >= p).all()
    assert (adjusted >= 1 / (trials + 1)).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p, axis=None)
    assert (np.diff(adjusted.ravel()[order]) >= 0).all()
    assert 0 <= found.level <= alpha
    assert ((adjusted <= alpha) == (p < found.level)).all()


def test_the_size_of_the_covariance_does_not_matter():
    root = np.random.default_rng(0).standard_normal((4, 4))
    covariance, p = root @ root.T, matrix(4, 0.01)
    plain = max_t(p, covariance, trials=2_000)
    for size in (2.0**-400, 2.0**400):
        scaled = max_t(p, covariance * size, trials=2_000)
        np.testing.assert_allclose(scaled.p_adjusted, plain.p_adjusted, atol=2e-3)


def test_seeds():
    covariance = np.eye(4)
    first = max_t(matrix(4, 0.01), covariance, seed=0)
    assert max_t(matrix(4, 0.01), covariance).p_adjusted.tobytes() == first.p_adjusted.tobytes()
    assert max_t(matrix(4, 0.01), covariance, seed=1).level != first.level


@pytest.mark.parametrize(
    ("p", "covariance", "options", "says"),
    [
        (np.ones((3, 3)), np.eye(4), {}, "needed of both"),
        (np.ones((3, 3)), np.ones((3, 4)), {}, "needed of both"),
        (np.full((3, 3), 1.1), np.eye(3), {}, "from 0 to 1"),
        (np.full((3, 3), np.nan), np.eye(3), {}, "from 0 to 1"),
        (np.ones((3, 3)), np.eye(3), {"alpha": 0.0}, "alpha"),
        (np.ones((3, 3)), np.eye(3), {"alpha": 1.0}, "alpha"),
        (np.ones((3, 3)), np.eye(3), {"trials": 0}, "trials"),
        (np.ones((3, 3)), np.eye(3), {"seed": -1}, "seed"),
    ],
)
def test_wrong_arguments_are_the_users_error(p, covariance, options, says):
    with pytest.raises(UsageError, match=says):
        max_t(p, covariance, **options)
