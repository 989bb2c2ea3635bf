"""Approximate randomization against plain loops, all swaps, scipy and sacrebleu."""

import itertools

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.significance import PairedTest
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.metrics import parse_metric
from showcase_bench.stats import fixed_point, randomization, randomization_test
from showcase_bench.stats.masks import swap_bits


def mean(sums):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def ratio(sums):
    """A ratio of sums and a product: no mean."""
    return sums[..., 0] / sums[..., 1] * np.exp(-np.abs(sums[..., 0] - sums[..., 1]) / 40)


def values_rows(values):
    return np.stack([values, np.ones(values.shape)], axis=-1)


def whole_rows(seed, n, s):
    rng = np.random.default_rng(seed)
    second = rng.integers(3, 9, (n, s))
    return np.stack([rng.binomial(second, 0.5), second], axis=-1).astype(float)


def share(rows, formula, masks, units):
    """Number and share of the masks under which the first two systems are as far apart."""
    observed = abs(float(formula(rows[:, 0].sum(axis=0)) - formula(rows[:, 1].sum(axis=0))))
    count = 0
    for mask in masks:
        sums = np.zeros((2, rows.shape[2]))
        for example, unit in enumerate(units):
            swapped = int(mask[unit])
            sums[swapped] += rows[example, 0]
            sums[1 - swapped] += rows[example, 1]
        gap = abs(float(formula(sums[0]) - formula(sums[1])))
        count += np.isnan(gap) or gap >= observed - 1e-9
    return count, count / len(masks)


def all_swaps(n):
    return np.array(list(itertools.product([0, 1], repeat=n)))


@pytest.mark.parametrize("formula", [mean, ratio])
def test_p_by_plain_loops(formula):
    rows = whole_rows(0, 30, 3)
    found = randomization_test(rows, formula, trials=300, seed=4)
    masks = swap_bits(30, 0, 300, 4)
    for a, b in itertools.combinations(range(3), 2):
        count, _ = share(rows[:, [a, b]], formula, masks, range(30))
        assert found[a, b] == found[b, a] == (1 + count) / 301


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 8))
def test_p_is_near_the_share_of_all_swaps(seed, n):
    rows = whole_rows(seed, n, 2)
    trials = 4_000
    for formula in (mean, ratio):
        found = randomization_test(rows, formula, trials=trials)[0, 1]
        _, exact = share(rows, formula, all_swaps(n), range(n))
        noise = 5 * np.sqrt(exact * (1 - exact) / trials) + 2 / trials
        assert found == pytest.approx(exact, abs=noise)


@pytest.mark.parametrize("seed", range(4))
def test_p_is_near_scipys(seed):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((10, 2)) + np.array([0.0, 0.5])
    expected = peer.permutation_test(
        (values[:, 0], values[:, 1]),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    ).pvalue
    found = randomization_test(values_rows(values), mean, trials=20_000)[0, 1]
    noise = 5 * np.sqrt(expected * (1 - expected) / 20_000) + 1e-4
    assert found == pytest.approx(expected, abs=noise)


def sentences(seed, n):
    rng = np.random.default_rng(seed)
    words = np.array(["the", "food", "place", "was", "very", "good", "nice", "and", "we", "pizza"])
    references = [list(rng.choice(words, 9)) for _ in range(n)]

    def noisy(rate):
        return [
            " ".join(w if rng.random() > rate else str(rng.choice(words)) for w in reference)
            for reference in references
        ]

    return [" ".join(one) for one in references], [noisy(rate) for rate in (0.3, 0.33, 0.36)]


def test_p_is_near_sacrebleus():
    references, systems = sentences(0, 40)
    metric = sacrebleu.BLEU(tokenize="none", references=[references])
    named = [(str(at), texts) for at, texts in enumerate(systems)]
    _, theirs = PairedTest(named, {"BLEU": metric}, None, "ar", n_samples=4_000)()
    stats = [metric._extract_corpus_statistics(texts, None) for texts in systems]

    def formula(sums):
        flat = sums.reshape(-1, sums.shape[-1])
        scores = [metric._compute_score_from_stats(one).score for one in flat]
        return np.array(scores).reshape(sums.shape[:-1])

    rows = np.array(stats, dtype=float).transpose(1, 0, 2)
    found = randomization_test(rows, formula, trials=2_000)
    for at in (1, 2):
        p = theirs["BLEU"][at].p_value
        assert 0.0005 < p < 0.9, "a case that tells something"
        noise = 5 * np.sqrt(p * (1 - p) * (1 / 2_000 + 1 / 4_000)) + 1e-3
        assert found[0, at] == pytest.approx(p, abs=noise)


def bleu_rows(n=300, s=5, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 20, (n, s))
    guesses = np.maximum(lengths[..., None] - np.arange(4), 0)
    matches = rng.binomial(guesses, [0.5, 0.3, 0.2, 0.1])
    ends = np.stack([np.broadcast_to(rng.integers(5, 20, (n, 1)), (n, s)), np.ones((n, s))], -1)
    return np.concatenate([matches, guesses, ends], axis=-1).astype(float)


@pytest.mark.parametrize("kind", ["whole", "fractions"])
def test_chunks_threads_and_blocks_do_not_matter(kind, monkeypatch):
    rows, formula = bleu_rows(), parse_metric("bleu-4").score
    if kind == "fractions":
        rows, formula = values_rows(np.random.default_rng(0).standard_normal((300, 5))), mean
    found = randomization_test(rows, formula, trials=700, seed=3)
    for chunk in (1, 64, 699, 4_096):
        again = randomization_test(rows, formula, trials=700, seed=3, chunk=chunk)
        assert again.tobytes() == found.tobytes()
    monkeypatch.setattr(fixed_point, "_NARROW_BITS", 0)
    monkeypatch.setattr(randomization, "_THREADS", 1)
    monkeypatch.setattr(randomization, "_BLOCK_BYTES", 1)
    again = randomization_test(rows, formula, trials=700, seed=3)
    assert again.tobytes() == found.tobytes()


def test_seeds():
    rows = bleu_rows()
    score = parse_metric("bleu-4").score
    first = randomization_test(rows, score, trials=500, seed=0)
    assert randomization_test(rows, score, trials=500).tobytes() == first.tobytes()
    assert randomization_test(rows, score, trials=500, seed=1).tobytes() != first.tobytes()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), n=st.integers(1, 20), order=st.permutations(range(4)))
def test_the_order_of_the_systems_keeps_p_exactly(seed, n, order):
    values = np.random.default_rng(seed).standard_normal((n, 4))
    for rows in (values_rows(values), whole_rows(seed, n, 4)):
        found = randomization_test(rows, mean, trials=99)
        moved = randomization_test(rows[:, order], mean, trials=99)
        assert moved.tobytes() == np.ascontiguousarray(found[np.ix_(order, order)]).tobytes()
        assert (found == found.T).all()
        assert ((found >= 1 / 100) & (found <= 1)).all()


def test_identical_systems():
    rows = bleu_rows(s=1)[:, [0, 0, 0]]
    assert (randomization_test(rows, parse_metric("bleu-4").score, trials=99) == 1).all()


def test_p_is_never_0():
    values = np.stack([np.zeros(200), np.ones(200)], axis=1)
    assert randomization_test(values_rows(values), mean, trials=999)[0, 1] == 1 / 1000


def test_one_example_shows_nothing():
    found = randomization_test(np.array([[[1.0, 1.0], [2.0, 1.0]]]), mean, trials=50)
    assert found.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_one_system_and_none():
    assert randomization_test(np.ones((4, 1, 2)), mean).tolist() == [[1.0]]
    assert randomization_test(np.ones((4, 0, 2)), mean).shape == (0, 0)


def test_clusters_are_swapped_together():
    rows = whole_rows(7, 40, 2)
    labels = [f"user {i * i % 7}" for i in range(40)]
    units = np.unique(labels, return_inverse=True)[1]
    found = randomization_test(rows, ratio, trials=400, seed=2, cluster=labels)
    count, _ = share(rows, ratio, swap_bits(int(units.max()) + 1, 0, 400, 2), units)
    assert found[0, 1] == (1 + count) / 401
    single = randomization_test(rows, ratio, trials=400, seed=2, cluster=np.arange(40))
    plain = randomization_test(rows, ratio, trials=400, seed=2)
    assert single.tobytes() == plain.tobytes()
    assert (randomization_test(rows, ratio, trials=50, cluster=["a"] * 40) == 1).all()


def test_trials_without_a_score_count():
    """Each system counts other examples, so some swaps leave one without a value."""
    rows = np.zeros((3, 2, 2))
    rows[0, 0] = [9.0, 1.0]
    rows[1, 1] = [1.0, 1.0]
    rows[2, 0], rows[2, 1] = [0.5, 0.0], [0.25, 0.0]
    masks = swap_bits(3, 0, 200, 0)
    found = randomization_test(rows, mean, trials=200)
    count, _ = share(rows, mean, masks, range(3))
    empty = sum(int(mask[0]) != int(mask[1]) for mask in masks)
    assert 0 < empty <= count
    assert found[0, 1] == (1 + count) / 201
    _, exact = share(rows, mean, all_swaps(3), range(3))
    assert exact == 0.75, "half have no score, and half of the others are as far apart"


def test_ties_of_whole_numbers_are_exact():
    """Where many swaps give the observed difference, all of them are counted."""
    values = np.array([[3.0, 1.0], [3.0, 1.0], [3.0, 1.0], [1.0, 3.0], [1.0, 3.0], [7.0, 7.0]])
    _, exact = share(values_rows(values), mean, all_swaps(6), range(6))
    assert exact == 1
    for offset in (0.0, 0.1, 1e9 / 3):
        assert randomization_test(values_rows(values + offset), mean, trials=300)[0, 1] == 1


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e300])
def test_units_do_not_matter(size):
    values = np.random.default_rng(3).standard_normal((50, 3)) + np.array([0, 0.2, 0.4])
    plain = randomization_test(values_rows(values), mean, trials=500)
    scaled = randomization_test(values_rows(values * size), mean, trials=500)
    assert scaled.tobytes() == plain.tobytes()


ROWS = np.ones((4, 2, 2))


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        (np.ones((4, 2)), {}, "needed"),
        (np.ones((0, 2, 2)), {}, "at least 1"),
        (np.full((4, 2, 2), np.nan), {}, "finite"),
        (np.full((4, 2, 2), 1e308), {}, "too large"),
        (np.zeros((4, 2, 2)), {}, "without a score"),
        (ROWS, {"trials": 0}, "trials"),
        (ROWS, {"seed": -1}, "seed"),
        (ROWS, {"chunk": 0}, "chunk"),
        (ROWS, {"cluster": [1, 2]}, "column 0"),
    ],
)
def test_wrong_arguments_are_the_users_error(rows, options, says):
    with pytest.raises(UsageError, match=says):
        randomization_test(rows, mean, **options)
