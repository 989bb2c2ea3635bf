"""Sign flips of clusters against every sign vector, and the error rate of the test."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.stats import sign_flip
from showcase_bench.stats.sign_flip import cluster_sign_flip

TRIALS = 10_000


def centred(x):
    return float(x.mean()), x - x.mean()


def brute_force(delta, influence, cluster):
    """Share of all sign vectors that reach the observed sum."""
    sums = {}
    for label, value in zip(cluster, influence, strict=True):
        sums[label] = sums.get(label, 0.0) + value + delta
    d = np.array(list(sums.values()))
    signs = np.array(list(itertools.product((1, -1), repeat=len(d))))
    reached = np.abs(signs @ d) >= abs(d.sum()) - 1e-9 * np.abs(d).sum()
    return reached.mean()


@given(st.data())
def test_few_clusters_equal_all_sign_vectors(data):
    n = data.draw(st.integers(1, 40))
    whole = data.draw(st.booleans())
    numbers = st.integers(-4, 4) if whole else st.floats(-100, 100).map(lambda x: round(x, 2))
    x = np.array(data.draw(st.lists(numbers, min_size=n, max_size=n)), dtype=float)
    cluster = data.draw(st.lists(st.sampled_from("abcdefghij"), min_size=n, max_size=n))
    delta, psi = centred(x)
    found = cluster_sign_flip(delta, psi, cluster)
    size = sum(abs(x[np.array(cluster) == one].sum()) for one in set(cluster))
    if size < 1e-9:
        assert found == 1.0
        return
    assert found == pytest.approx(brute_force(delta, psi, cluster), abs=1e-12)
    assert cluster_sign_flip(-delta, -psi, cluster) == found
    assert found >= 2.0 ** (1 - len(set(cluster)))


def test_by_hand():
    """Sums 3, 2 and 1: only all plus and all minus reach 6."""
    delta, psi = centred(np.array([1.0, 2.0, 2.0, 1.0]))
    assert cluster_sign_flip(delta, psi, ["a", "a", "b", "c"]) == 2 / 8
    delta, psi = centred(np.array([3.0, 2.0, -1.0]))
    assert cluster_sign_flip(delta, psi, [0, 1, 2]) == 4 / 8


def test_ties_that_rounding_would_break_are_counted():
    delta, psi = centred(np.array([0.1, 0.2, -0.3, 0.7]))
    assert cluster_sign_flip(delta, psi, range(4)) == brute_force(delta, psi, range(4)) == 10 / 16


def test_unequal_clusters_count_by_their_examples():
    psi = np.zeros(9)
    labels = ["large"] * 7 + ["b", "c"]
    assert cluster_sign_flip(0.5, psi, labels) == 2 / 8
    psi = np.array([0.0] * 7 + [-1.5, -1.5]) + 3 / 9
    assert cluster_sign_flip(0.5 - 3 / 9, psi, labels) == brute_force(0.5 - 3 / 9, psi, labels)


def test_exact_where_all_combinations_fit_the_trials():
    delta, psi = centred(np.random.default_rng(0).standard_normal(13) + 0.4)
    exact = brute_force(delta, psi, range(13))
    assert cluster_sign_flip(delta, psi, range(13), trials=2**13) == exact
    for seed in (0, 1, 2):
        assert cluster_sign_flip(delta, psi, range(13), trials=2**13, seed=seed) == exact
        drawn = cluster_sign_flip(delta, psi, range(13), trials=2**13 - 1, seed=seed)
        assert drawn != exact
        assert drawn == pytest.approx(exact, abs=5 * math.sqrt(exact / 2**13))
        assert drawn * 2**13 == round(drawn * 2**13), "(1 + count) / (trials + 1)"


def test_random_signs_are_never_certain():
    assert cluster_sign_flip(5.0, np.zeros(100), range(100), trials=99) == 1 / 100
    assert cluster_sign_flip(5.0, np.zeros(100), range(100), trials=1) == 1 / 2


@pytest.mark.parametrize("clusters", [6, 13, 40])
@pytest.mark.parametrize("chunk", [1, 100, 12_345])
def test_neither_memory_nor_order_matters(clusters, chunk, monkeypatch):
    rng = np.random.default_rng(clusters)
    labels = rng.permutation(np.arange(300) % clusters)
    delta, psi = centred(rng.standard_normal(300) + 0.1)
    expected = cluster_sign_flip(delta, psi, labels, trials=500, seed=3)
    monkeypatch.setattr(sign_flip, "_CELLS", chunk)
    assert cluster_sign_flip(delta, psi, labels, trials=500, seed=3) == expected
    order = rng.permutation(300)
    assert cluster_sign_flip(delta, psi[order], labels[order], trials=500, seed=3) == expected


def test_a_seed_always_gives_the_same():
    delta, psi = centred(np.random.default_rng(5).standard_normal(200) + 0.1)
    labels = np.arange(200) % 50
    found = [cluster_sign_flip(delta, psi, labels, seed=seed) for seed in (0, 0, 1, 2)]
    assert found[0] == found[1]
    assert len(set(found)) > 1
    assert cluster_sign_flip(delta, psi, labels) == found[0]
    assert cluster_sign_flip(-delta, -psi, labels) == found[0]
    assert np.ptp(found) < 0.03


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_the_unit_of_the_scores_does_not_matter(scale):
    delta, psi = centred(np.random.default_rng(6).standard_normal(60) + 0.2)
    for clusters in (10, 30):
        labels = np.arange(60) % clusters
        expected = cluster_sign_flip(delta, psi, labels)
        assert cluster_sign_flip(delta * scale, psi * scale, labels) == expected


def test_labels_of_any_type():
    delta, psi = centred(np.array([1.0, 3.0, -0.5, 2.0, 0.1, 0.2]))
    expected = cluster_sign_flip(delta, psi, [0, 0, 1, 1, 2, 3])
    for labels in (
        ["u", "u", "v", "v", "w", "x"],
        np.array(["u", "u", "v", "v", "w", "x"], dtype=object),
        [0.5, 0.5, 1.5, 1.5, -2.0, 7.0],
        np.array([9, 9, -(2**40), -(2**40), 5, 2**40]),
        [b"a", b"a", b"b", b"b", b"c", b"d"],
    ):
        assert cluster_sign_flip(delta, psi, labels) == expected


def test_nothing_to_tell():
    assert cluster_sign_flip(0.0, np.zeros(0), []) == 1.0
    assert cluster_sign_flip(0.0, np.zeros(8), range(8)) == 1.0
    assert cluster_sign_flip(0.0, np.zeros(800), range(800)) == 1.0
    assert cluster_sign_flip(2.0, np.array([1.0, -1.0]), ["a", "a"]) == 1.0
    cancel = np.array([0.1, 0.2, -0.3, 0.7, -0.1, -0.6])
    assert cluster_sign_flip(0.0, cancel, ["a", "a", "a", "b", "b", "b"]) == 1.0


@pytest.mark.parametrize(("clusters", "most"), [(5, 0.0), (6, 0.04), (12, 0.065), (30, 0.065)])
def test_equal_systems_are_rarely_told_apart(clusters, most):
    """Most of the variance is between clusters of very different sizes."""
    rng, trials = np.random.default_rng(clusters + 1), 1_500
    labels = np.repeat(np.arange(clusters), rng.integers(1, 12, clusters))
    found = 0
    for seed in range(trials):
        x = rng.standard_normal(clusters)[labels] + 0.5 * rng.standard_normal(len(labels))
        found += cluster_sign_flip(*centred(x), labels, trials=2_048, seed=seed) <= 0.05
    assert (0.03 if clusters > 6 else 0) <= found / trials <= most


def test_a_clear_difference_is_found():
    rng = np.random.default_rng(8)
    labels = np.repeat(np.arange(12), 20)
    x = rng.standard_normal(12)[labels] * 0.3 + rng.standard_normal(240) + 0.8
    assert cluster_sign_flip(*centred(x), labels) < 0.01


def test_memory_is_bounded_with_many_clusters():
    delta, psi = centred(np.random.default_rng(9).standard_normal(100_000))
    tracemalloc.start()
    p = cluster_sign_flip(delta, psi, np.arange(100_000), trials=200)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < p <= 1
    assert peak < 100 * 2**20


@pytest.mark.parametrize(
    ("delta", "influence", "cluster", "options", "says"),
    [
        (0.0, np.zeros((3, 2)), [0, 1, 2], {}, "shape"),
        (0.0, np.zeros(3), [0, 1], {}, "one label for each"),
        (0.0, np.zeros(3), [[0, 1, 2]], {}, "one label for each"),
        (math.nan, np.zeros(3), [0, 1, 2], {}, "finite"),
        (0.0, np.array([0.0, math.inf, 0.0]), [0, 1, 2], {}, "finite"),
        (0.0, np.zeros(3), [0, 1, 2], {"trials": 0}, "trials"),
        (0.0, np.zeros(3), [0, 1, 2], {"trials": 1.5}, "trials"),
        (0.0, np.zeros(3), [0, 1, 2], {"seed": -1}, "seed"),
        (0.0, np.zeros(3), [0, 1, 2], {"seed": None}, "seed"),
    ],
)
def test_wrong_arguments_are_the_users_error(delta, influence, cluster, options, says):
    with pytest.raises(UsageError, match=says):
        cluster_sign_flip(delta, influence, cluster, **options)
