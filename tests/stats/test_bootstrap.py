"""Bootstrap against plain loops, sacrebleu and formulas."""

import math

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.significance import _bootstrap_resample
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats import (
    bootstrap,
    bootstrap_interval,
    bootstrap_p,
    fixed_point,
    standard_error,
)
from showcase_bench.stats.masks import draw_units


def mean(sums):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def values_rows(values):
    return np.stack([values, np.ones(values.shape)], axis=-1)


def by_loops(rows, formula, trials, seed, columns):
    """Scores of resamples, row by row: how often each cluster of each column was drawn."""
    scores = []
    for trial in range(trials):
        times = []
        for place, column in enumerate(columns):
            drawn = draw_units(int(max(column)) + 1, trial, trial + 1, seed, place)[0].tolist()
            times.append([drawn.count(code) for code in column])
        sums = np.zeros(rows.shape[1:])
        for example, row in enumerate(rows):
            sums += math.prod(one[example] for one in times) * row
        scores.append(formula(sums))
    return np.array(scores)


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_scores_by_plain_loops(columns):
    rng = np.random.default_rng(columns)
    rows = rng.integers(1, 9, (25, 3, 2)).astype(float)
    clusters = [rng.permutation(np.arange(25) % size) for size in (6, 9)][:columns]
    found = bootstrap(rows, mean, trials=40, seed=5, clusters=clusters)
    expected = by_loops(rows, mean, 40, 5, clusters or [np.arange(25)])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.shape == (40, 3)


def test_names_of_clusters_do_not_matter_and_one_cluster_is_none():
    rows = values_rows(np.random.default_rng(0).standard_normal((20, 2)))
    codes = np.arange(20) % 5
    names = [f"user {code}" for code in codes]
    found = bootstrap(rows, mean, trials=30, clusters=[codes])
    assert bootstrap(rows, mean, trials=30, clusters=[names]).tobytes() == found.tobytes()
    same = bootstrap(rows, mean, trials=30, clusters=[codes, ["a"] * 20])
    assert same.tobytes() == found.tobytes()
    plain = bootstrap(rows, mean, trials=30, clusters=[["a"] * 20])
    assert plain.tobytes() == bootstrap(rows, mean, trials=30).tobytes()


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_the_spread_of_a_mean_is_its_standard_error(columns):
    rng = np.random.default_rng(1)
    clusters = [rng.integers(0, 40, 400), rng.integers(0, 50, 400)][:columns]
    x = rng.standard_normal(400)
    for labels in clusters:
        x = x + rng.standard_normal(50)[labels]
    found = bootstrap(values_rows(x[:, None]), mean, trials=4_000, clusters=clusters)[:, 0]
    error = standard_error(x - x.mean(), clusters)
    noise = 5 * error / math.sqrt(2 * 4_000)
    if columns < 2:
        assert found.std() == pytest.approx(error, abs=noise + 0.02 * error)
    else:
        assert error - noise < found.std() < 1.25 * error, "it errs on the wide side"
    assert found.mean() == pytest.approx(x.mean(), abs=5 * error / math.sqrt(4_000) + 0.05 * error)


def test_the_distribution_is_sacrebleus():
    rng = np.random.default_rng(3)
    words = np.array(["the", "food", "place", "was", "very", "good", "nice", "and", "we", "pizza"])
    references = [list(rng.choice(words, 9)) for _ in range(60)]
    texts = [
        " ".join(w if rng.random() > 0.3 else str(rng.choice(words)) for w in reference)
        for reference in references
    ]
    metric = sacrebleu.BLEU(tokenize="none", references=[[" ".join(one) for one in references]])
    stats = metric._extract_corpus_statistics(texts, None)
    _, scores = _bootstrap_resample(stats, metric, 2_000)
    theirs = [one.score for one in scores]

    def formula(sums):
        flat = sums.reshape(-1, sums.shape[-1])
        each = [metric._compute_score_from_stats(one).score for one in flat]
        return np.array(each).reshape(sums.shape[:-1])

    rows = np.array(stats, dtype=float)[:, None, :]
    found = bootstrap(rows, formula, trials=2_000)[:, 0]
    assert peer.ks_2samp(found, theirs).pvalue > 1e-3
    assert found.std() == pytest.approx(np.std(theirs), rel=0.1)


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_chunks_do_not_matter(columns):
    rng = np.random.default_rng(2)
    rows = values_rows(rng.standard_normal((150, 3)))
    clusters = [rng.integers(0, 30, 150), rng.integers(0, 20, 150)][:columns]
    found = bootstrap(rows, mean, trials=300, seed=1, clusters=clusters)
    for chunk in (1, 7, 4_096):
        again = bootstrap(rows, mean, trials=300, seed=1, clusters=clusters, chunk=chunk)
        assert again.tobytes() == found.tobytes()


def test_narrow_numbers_do_not_matter(monkeypatch):
    rows = np.random.default_rng(3).integers(0, 30, (60, 3, 2)).astype(float) + 1
    found = bootstrap(rows, mean, trials=100)
    monkeypatch.setattr(fixed_point, "_NARROW_BITS", 0)
    assert bootstrap(rows, mean, trials=100).tobytes() == found.tobytes()


def test_seeds_and_more_trials():
    rows = values_rows(np.random.default_rng(2).standard_normal((50, 2)))
    first = bootstrap(rows, mean, trials=200, seed=0)
    assert bootstrap(rows, mean, trials=200).tobytes() == first.tobytes()
    assert bootstrap(rows, mean, trials=200, seed=1).tobytes() != first.tobytes()
    assert bootstrap(rows, mean, trials=300)[:200].tobytes() == first.tobytes()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), n=st.integers(1, 20), order=st.permutations(range(4)))
def test_systems_do_not_influence_each_other(seed, n, order):
    rng = np.random.default_rng(seed)
    rows = np.stack([rng.integers(0, 5, (n, 4)), rng.integers(1, 5, (n, 4))], -1).astype(float)
    found = bootstrap(rows, mean, trials=40)
    assert bootstrap(rows[:, order], mean, trials=40).tolist() == found[:, order].tolist()
    assert bootstrap(rows[:, :1], mean, trials=40).tolist() == found[:, :1].tolist()
    low, high = (rows[..., 0] / rows[..., 1]).min(), (rows[..., 0] / rows[..., 1]).max()
    assert ((found >= low) & (found <= high)).all()


def test_identical_systems_have_no_difference():
    rows = values_rows(np.random.default_rng(4).standard_normal((30, 1)))[:, [0, 0]]
    found = bootstrap(rows, mean, trials=100)
    gaps = found[:, 0] - found[:, 1]
    assert not gaps.any()
    assert bootstrap_p(gaps, 0.0) == 1
    assert bootstrap_interval(gaps) == (0.0, 0.0)


def test_one_example():
    assert bootstrap(np.array([[[3.0, 2.0]]]), mean, trials=9).tolist() == [[1.5]] * 9


def test_resamples_without_a_score():
    rows = np.array([[[4.0, 1.0]], [[0.0, 0.0]], [[0.0, 0.0]]])
    found = bootstrap(rows, mean, trials=400)[:, 0]
    drawn = draw_units(3, 0, 400, 0, 0)
    assert np.isnan(found).tolist() == (drawn != 0).all(axis=1).tolist()
    assert set(found[~np.isnan(found)]) == {4.0}
    assert bootstrap_interval(found) is None
    strayed = int(np.isnan(found).sum())
    assert bootstrap_p(np.where(np.isnan(found), np.nan, 0.5), 0.5) == (1 + strayed) / 401


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e300])
def test_units_do_not_matter(size):
    values = np.random.default_rng(3).standard_normal((50, 3))
    plain = bootstrap(values_rows(values), mean, trials=50)
    scaled = bootstrap(values_rows(values * size), mean, trials=50)
    np.testing.assert_allclose(scaled / size, plain, rtol=1e-8, atol=1e-9)


def test_whole_numbers_are_exact():
    rows = np.full((30, 1, 2), 3.0)
    assert bootstrap(rows, lambda sums: sums[..., 0], trials=50).tolist() == [[90.0]] * 50


@settings(deadline=None)
@given(gaps=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), level=st.floats(0.5, 0.999))
def test_the_interval_is_of_sorted_differences(gaps, level):
    low, high = bootstrap_interval(np.array(gaps), level)

    def quantile(q):
        ordered, at = sorted(gaps), q * (len(gaps) - 1)
        below = ordered[math.floor(at)]
        return below + (ordered[math.ceil(at)] - below) * (at - math.floor(at))

    assert low == pytest.approx(quantile((1 - level) / 2), abs=1e-6)
    assert high == pytest.approx(quantile((1 + level) / 2), abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.integers(-9, 9), max_size=40), st.integers(-9, 9))
def test_p_counts_how_often_resamples_stray_that_far(gaps, delta):
    strayed = sum(abs(gap - delta) >= abs(delta) for gap in gaps)
    p = bootstrap_p(np.array(gaps, dtype=float), float(delta))
    assert p == (1 + strayed) / (len(gaps) + 1)
    assert p == bootstrap_p(-np.array(gaps, dtype=float), float(-delta))


ROWS = np.ones((4, 2, 2))


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        (np.ones((4, 2)), {}, "needed"),
        (np.ones((0, 2, 2)), {}, "at least 1"),
        (np.full((4, 2, 2), np.inf), {}, "finite"),
        (np.full((4, 2, 2), 1e305), {}, "too large"),
        (ROWS, {"trials": 0}, "trials"),
        (ROWS, {"seed": 1.5}, "seed"),
        (ROWS, {"chunk": 0}, "chunk"),
        (ROWS, {"clusters": [[1, 2]]}, "column 0"),
        (ROWS, {"clusters": [[1, 2, 3, 4]] * 3}, "at most 2"),
    ],
)
def test_wrong_arguments_are_the_users_error(rows, options, says):
    with pytest.raises(UsageError, match=says):
        bootstrap(rows, mean, **options)
