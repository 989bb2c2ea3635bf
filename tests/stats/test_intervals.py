"""Standard errors and intervals against textbook formulas, other definitions and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, MeanMetric, parse_metric
from showcase_bench.stats import interval, standard_error
from showcase_bench.stats.clusters import ClusterPlan

numbers = st.floats(-1e3, 1e3).map(lambda x: round(x, 3))
samples = arrays(np.float64, st.integers(2, 40), elements=numbers)


def dense_variance(psi, *columns):
    """Cameron, Gelbach and Miller by the double sum over pairs of examples."""

    def part(labels):
        same = labels[:, None] == labels[None, :]
        groups = len(np.unique(labels))
        return groups / (groups - 1) * (np.outer(psi, psi) * same).sum() / len(psi) ** 2

    if len(columns) == 1:
        return part(columns[0])
    both = np.array([f"{a}/{b}" for a, b in zip(*columns, strict=True)])
    a, b = part(columns[0]), part(columns[1])
    return max(a + b - part(both), a, b)


@given(samples)
def test_a_mean_has_the_ordinary_standard_error(x):
    expected = x.std(ddof=1) / math.sqrt(len(x))
    assert standard_error(x - x.mean()) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(samples, st.floats(0.5, 0.999))
def test_the_interval_of_a_mean_is_the_t_interval(x, level):
    low, high = interval(x.mean(), x - x.mean(), level=level)
    error = peer.sem(x)
    if error < 1e-9:
        assert high - low < 1e-5
        return
    expected = peer.t.interval(level, len(x) - 1, loc=x.mean(), scale=error)
    assert (low, high) == pytest.approx(expected, rel=1e-7, abs=1e-7)


@settings(max_examples=60)
@given(st.data())
def test_clustered_errors_equal_the_double_sum(data):
    psi = data.draw(samples)
    psi = psi - psi.mean()
    labels = st.lists(st.sampled_from("abcde"), min_size=len(psi), max_size=len(psi))
    columns = [np.array(data.draw(labels)) for _ in range(data.draw(st.integers(1, 2)))]
    if any(len(np.unique(column)) < 2 for column in columns):
        return
    expected = math.sqrt(dense_variance(psi, *columns))
    assert standard_error(psi, columns) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_every_example_its_own_cluster_is_no_cluster():
    psi = np.random.default_rng(0).standard_normal(50)
    names = [f"user {i}" for i in range(50)]
    for clusters in ([names], [names, names]):
        assert standard_error(psi, clusters) == pytest.approx(standard_error(psi), rel=1e-12)


def test_many_scores_at_once():
    rng = np.random.default_rng(1)
    psi, users = rng.standard_normal((60, 4)), rng.integers(0, 9, 60)
    many = standard_error(psi, [users])
    assert many.shape == (4,)
    assert many.tolist() == pytest.approx([standard_error(psi[:, j], [users]) for j in range(4)])
    assert standard_error(np.zeros((0, 3))).shape == (3,)


def test_what_cannot_be_estimated_has_no_interval():
    one, two = np.array([0.0]), np.array([1.0, -1.0])
    assert math.isnan(standard_error(one))
    assert math.isnan(standard_error(np.zeros(0)))
    assert interval(0.5, one) is None
    assert interval(0.5, np.zeros(0)) is None
    assert interval(math.nan, two) is None
    assert interval(0.5, two, [["a", "a"]]) is None
    assert standard_error(two, [["a", "a"], ["u", "v"]]) == standard_error(two, [["u", "v"]])
    assert interval(0.5, np.zeros(5)) == (0.5, 0.5)


def test_degrees_of_freedom_are_those_of_the_fewest_clusters():
    psi = np.array([1.0, -1.0, 2.0, -2.0, 0.5, -0.5])
    users, places = [0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]
    low, high = interval(0.0, psi, [users, places])
    error = standard_error(psi, [users, places])
    assert high == pytest.approx(peer.t.ppf(0.975, 1) * error)
    assert low == pytest.approx(-high)


def test_the_interval_is_cut_at_the_bounds():
    psi = np.array([0.5, -0.5, 0.4, -0.4])
    low, high = interval(0.05, psi, bounds=(0.0, 1.0))
    assert low == 0.0
    assert high > 0.05
    assert interval(0.97, psi, bounds=(0.0, 1.0))[1] == 1.0


@pytest.mark.parametrize(
    ("clusters", "says"),
    [([[1, 2]], "column 0"), ([[1, 1, 2], [1]], "column 1"), ([[1, 1, 2]] * 3, "at most 2")],
)
def test_clusters_that_do_not_fit_are_the_users_error(clusters, says):
    with pytest.raises(UsageError, match=says):
        standard_error(np.array([1.0, -1.0, 0.0]), clusters)


def test_wrong_numbers_are_the_users_error():
    with pytest.raises(UsageError, match="finite"):
        standard_error(np.array([1.0, math.nan]))
    with pytest.raises(UsageError, match="level"):
        interval(0.0, np.array([1.0, -1.0]), level=95)


def test_two_way_clusters_cover_where_plain_intervals_do_not():
    rng, trials = np.random.default_rng(3), 300
    users, places = np.repeat(np.arange(40), 15), rng.integers(0, 40, 600)
    covered = np.zeros(2)
    for _ in range(trials):
        x = rng.standard_normal(600) * 2 + rng.standard_normal(40)[users]
        x = x + rng.standard_normal(40)[places]
        for at, clusters in enumerate(([], [users, places])):
            low, high = interval(x.mean(), x - x.mean(), clusters)
            covered[at] += low <= 0 <= high
    assert covered[0] / trials < 0.75
    assert 0.91 < covered[1] / trials < 0.99


TOPICS = ["the food was very good", "we loved the cosy place", "not so great service here"]


def text_batch(n, seed):
    rng = np.random.default_rng(seed)
    words = [*sorted({word for topic in TOPICS for word in topic.split()}), "pizza"]
    hypotheses, references = [], []
    for _ in range(n):
        topic = TOPICS[rng.integers(3)].split()
        hypothesis = [w if rng.random() > 0.25 else words[rng.integers(len(words))] for w in topic]
        hypotheses.append(" ".join(hypothesis[: rng.integers(3, 6)]))
        references.append((" ".join(topic),))
    hypotheses[3] = None
    references[5] = ()
    return Batch(tuple(map(str, range(n))), tuple(hypotheses), tuple(references))


@pytest.mark.parametrize("name", ["bleu-1", "bleu-2", "bleu-4", "rouge-l"])
def test_influence_is_the_numeric_derivative_of_reweighting(name):
    """The score with one example's weight raised a little, by central differences."""
    metric = parse_metric(f"{name}(tok=words)")
    stats = metric.statistics(text_batch(40, seed=2))
    n, step = len(stats), 1e-5

    def score(row, change):
        weights = np.ones(n)
        weights[row] += change * n
        return float(metric.score(n / weights.sum() * weights @ stats))

    numeric = np.array([(score(i, step) - score(i, -step)) / (2 * step) for i in range(n)])
    np.testing.assert_allclose(metric.influence(stats), numeric, rtol=1e-4, atol=1e-6)


def test_the_default_influence_of_a_ratio_is_its_analytic_one():
    class Ratio(type(parse_metric("bleu-1"))):
        """Matched over guessed 1-grams, with the default influence of the base class."""

        def score(self, sums):
            return sums[..., 0] / sums[..., 1]

        influence = MeanMetric.__mro__[1].influence

    metric = Ratio(1, "words")
    stats = metric.statistics(text_batch(80, seed=4))
    top, bottom = stats[:, 0], stats[:, 1]
    analytic = (top - top.sum() / bottom.sum() * bottom) / bottom.mean()
    np.testing.assert_allclose(metric.influence(stats), analytic, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["bleu-1", "bleu-2", "bleu-4", "rouge-l"])
def test_delta_and_bootstrap_errors_agree(name):
    metric = parse_metric(f"{name}(tok=words)")
    stats = metric.statistics(text_batch(600, seed=8))
    rng = np.random.default_rng(5)
    weights = rng.multinomial(len(stats), np.full(len(stats), 1 / len(stats)), size=2_000)
    bootstrap = float(metric.score(weights @ stats).std(ddof=1))
    assert standard_error(metric.influence(stats)) == pytest.approx(bootstrap, rel=0.08)


@settings(max_examples=40)
@given(psi=samples, data=st.data())
def test_clusters_looked_through_once_give_the_same_interval(psi, data):
    labels = st.lists(st.integers(0, 4), min_size=len(psi), max_size=len(psi))
    clusters = data.draw(st.lists(labels, max_size=2))
    plan = ClusterPlan.of(clusters, len(psi))
    for scaled in (psi, 2 * psi):
        assert interval(1.0, scaled, plan) == interval(1.0, scaled, clusters)
    with pytest.raises(UsageError, match="clusters of"):
        standard_error(psi[1:], plan)
