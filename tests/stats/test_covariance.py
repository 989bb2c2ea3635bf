"""Joint uncertainty against double sums over examples and the errors of single differences."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.stats import standard_error
from showcase_bench.stats.covariance import joint_uncertainty


def part(psi, labels):
    """Sum of the products of all pairs of examples in one cluster."""
    found = np.zeros((psi.shape[1],) * 2)
    for i, j in itertools.product(range(len(psi)), repeat=2):
        if labels[i] == labels[j]:
            found += np.outer(psi[i], psi[j])
    groups = len(set(labels))
    return groups / (groups - 1) * found / len(psi) ** 2


def centred(x):
    return x - x.mean(axis=0)


def setting(seed, n, s, columns):
    rng = np.random.default_rng(seed)
    clusters = [rng.permutation(np.arange(n) % groups).tolist() for groups in (6, 4)][:columns]
    x = rng.standard_normal((n, s))
    for labels in clusters:
        x = x + rng.standard_normal((6, s))[labels]
    return centred(x), clusters


def test_without_clusters_it_is_that_of_means():
    psi, _ = setting(0, 40, 5, 0)
    found = joint_uncertainty(psi)
    np.testing.assert_allclose(found.covariance, np.cov(psi, rowvar=False) / 40, atol=1e-14)
    assert found.units == 40


def test_one_column_by_a_double_sum():
    psi, (users,) = setting(1, 30, 4, 1)
    found = joint_uncertainty(psi, [users])
    np.testing.assert_allclose(found.covariance, part(psi, users), atol=1e-13)
    assert found.units == 6


def test_two_columns_by_double_sums():
    psi, (users, places) = setting(2, 60, 2, 2)
    both = list(zip(users, places, strict=True))
    expected = part(psi, users) + part(psi, places) - part(psi, both)
    assert np.linalg.eigvalsh(expected)[0] > 0, "a case that needs no correction"
    found = joint_uncertainty(psi, [users, places])
    np.testing.assert_allclose(found.covariance, expected, atol=1e-13)
    assert found.units == 4


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(12, 40),
    s=st.integers(1, 6),
    columns=st.integers(0, 2),
)
def test_errors_are_those_of_single_differences(seed, n, s, columns):
    psi, clusters = setting(seed, n, s, columns)
    found = joint_uncertainty(psi, clusters)
    assert (found.error == found.error.T).all()
    assert not found.error.diagonal().any()
    for a, b in itertools.combinations(range(s), 2):
        expected = standard_error(psi[:, a] - psi[:, b], clusters)
        assert found.error[a, b] == pytest.approx(expected, rel=1e-8)
    assert np.linalg.eigvalsh(found.covariance)[0] > -1e-12


@pytest.mark.parametrize("columns", [0, 1, 2])
@pytest.mark.parametrize("apart", [1e-2, 1e-4, 1e-6, 1e-9, 1e-12])
def test_nearly_identical_systems(columns, apart):
    psi, clusters = setting(3, 48, 3, columns)
    psi[:, 1] = psi[:, 0] + apart * centred(np.random.default_rng(1).standard_normal(48))
    found = joint_uncertainty(psi, clusters)
    expected = standard_error(psi[:, 0] - psi[:, 1], clusters)
    assert found.error[0, 1] == pytest.approx(expected, rel=1e-7)
    assert found.error[0, 1] == pytest.approx(apart, rel=0.9)


def balancing():
    """Influences that cancel in each user and place, so that V_a + V_b - V_ab is negative."""
    users, places = np.repeat(np.arange(6), 6), np.tile(np.arange(6), 6)
    x = np.random.default_rng(0).standard_normal((6, 6))
    x = x - 0.98 * x.mean(axis=0)
    x = x - 0.98 * x.mean(axis=1, keepdims=True)
    return centred(x.ravel()), [users, places]


def test_nearly_identical_systems_whose_clusters_cancel():
    one, clusters = balancing()
    other = one + 1e-9 * centred(np.random.default_rng(1).standard_normal(36))
    psi = np.stack([one, other], axis=1)
    expected = standard_error(psi[:, 0] - psi[:, 1], clusters)
    found = joint_uncertainty(psi, clusters)
    assert found.error[0, 1] == pytest.approx(expected, rel=1e-7)


def test_a_negative_variance_is_set_to_0():
    one, clusters = balancing()
    psi = np.stack([one, centred(np.random.default_rng(2).standard_normal(36))], axis=1)
    both = list(zip(*(labels.tolist() for labels in clusters), strict=True))
    raw = part(psi, clusters[0].tolist()) + part(psi, clusters[1].tolist()) - part(psi, both)
    values, vectors = np.linalg.eigh(raw)
    assert values[0] < -1e-3
    expected = vectors @ np.diag(np.maximum(values, 0)) @ vectors.T
    found = joint_uncertainty(psi, clusters).covariance
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_identical_systems_have_no_error():
    psi, clusters = setting(4, 30, 1, 2)
    psi = psi[:, [0, 0, 0]]
    for columns in ([], clusters[:1], clusters):
        assert not joint_uncertainty(psi, columns).error.any()


@pytest.mark.parametrize(
    ("n", "clusters"), [(0, []), (1, []), (4, [["a"] * 4]), (4, [["a"] * 4, ["b"] * 4])]
)
def test_what_cannot_be_estimated(n, clusters):
    found = joint_uncertainty(np.zeros((n, 2)), clusters)
    assert np.isnan(found.error).tolist() == [[False, True], [True, False]]
    assert not found.covariance.any()
    assert found.units == n


def test_a_column_of_one_cluster_is_left_out():
    psi, (users,) = setting(5, 30, 3, 1)
    found, plain = joint_uncertainty(psi, [["a"] * 30, users]), joint_uncertainty(psi, [users])
    assert found.error.tobytes() == plain.error.tobytes()
    assert found.units == plain.units


@pytest.mark.parametrize(
    ("psi", "clusters", "says"),
    [
        (np.zeros(5), [], "shape"),
        (np.full((5, 2), np.nan), [], "finite"),
        (np.zeros((5, 2)), [[1, 2]], "column 0"),
        (np.zeros((2, 2)), [[1, 2]] * 3, "at most 2"),
    ],
)
def test_wrong_arguments_are_the_users_error(psi, clusters, says):
    with pytest.raises(UsageError, match=says):
        joint_uncertainty(psi, clusters)
