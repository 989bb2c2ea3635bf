"""What every registered metric promises, ours and a stranger's alike."""

import copy
import dataclasses
import math
import pickle
import random
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.metrics import METRICS, Batch, Metric, TokenStore, parse_metric

STORE = TokenStore()
VECTORS = {f"i{i}": np.random.default_rng(i).standard_normal(4) for i in range(9)}


def features(ids, encoder):
    rows = [VECTORS[one] / np.linalg.norm(VECTORS[one]) for one in ids]
    return np.array(rows, dtype=np.float32).reshape(len(rows), 4)


def names():
    java = shutil.which("java") is not None
    for name in METRICS:
        metric = parse_metric(name)
        yield name if java or getattr(metric, "tok", "") != "ptb" else f"{name}(tok=words)"


def make_batch(rows):
    """From rows of (hypothesis, references, shown, gold)."""
    columns = [tuple(column) for column in zip(*rows, strict=True)] or [()] * 4
    ids = tuple(f"q{i}" for i in range(len(rows)))
    hypotheses, references, shown, gold = columns
    return Batch(ids, hypotheses, references, shown, gold, features=features, tokens=STORE)


WORDS = ["good", "pizza", "the", "The", "cosy", "no.", "don't", "🍕", "寿司", "!"]
TEXTS = [" ".join(random.Random(i).choices(WORDS, k=i % 9)) for i in range(40)]
STORE.prefetch("ptb", TEXTS) if shutil.which("java") else None

images = st.lists(st.sampled_from(sorted(VECTORS)), unique=True, max_size=5).map(tuple)
references = st.lists(st.sampled_from([one for one in TEXTS if one]), max_size=3).map(tuple)
row = st.tuples(st.one_of(st.none(), st.sampled_from(TEXTS)), references, images, images)
rows = st.lists(row, max_size=12)

every_metric = pytest.mark.parametrize("name", list(names()))
additive_metric = pytest.mark.parametrize(
    "name", [one for one in names() if parse_metric(one).kind != "set"]
)
metric_where_missing_costs = pytest.mark.parametrize(
    "name", [one for one in names() if not one.startswith(("distinct", "div", "length"))]
)


@every_metric
def test_is_an_immutable_value(name):
    metric, again = parse_metric(name), parse_metric(name)
    assert metric == again
    assert metric is not again
    assert hash(metric) == hash(again)
    assert {metric: 1}[again] == 1
    assert copy.deepcopy(metric) == metric == pickle.loads(pickle.dumps(metric))  # noqa: S301
    for field in dataclasses.fields(metric):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(metric, field.name, None)


@every_metric
def test_its_signature_and_name_parse_back(name):
    metric = parse_metric(name)
    assert parse_metric(str(metric)) == metric
    assert str(parse_metric(str(metric))) == str(metric) == metric.signature
    if "(" not in name:
        assert parse_metric(metric.name) == metric
    assert metric.name.partition("@")[0] in METRICS


@every_metric
def test_its_facts_are_there(name):
    metric = parse_metric(name)
    low, high = metric.bounds
    assert low < high
    assert metric.summary
    assert metric.kind in ("mean", "corpus", "set")
    assert metric.scale in ("unit", "percent", "count")
    assert metric.higher_is_better in (True, False, None)
    assert metric.needs
    assert metric.worst in metric.bounds
    assert type(metric).__doc__


@every_metric
def test_an_empty_batch_has_no_value(name):
    metric, batch = parse_metric(name), make_batch([])
    stats = metric.statistics(batch)
    assert stats.shape[0] == 0
    assert stats.shape[1] == metric.statistics(make_batch([("a", ("a",), ("i1",), ())])).shape[1]
    assert math.isnan(metric.score(stats.sum(axis=0)))
    assert metric.influence(stats).shape == (0,)
    assert metric.scored(batch).shape == (0,)


@every_metric
def test_nothing_attempted_gives_the_worst_value_or_none(name):
    metric = parse_metric(name)
    batch = make_batch([(None, ("good pizza",), (), ("i1",))] * 4)
    stats = metric.statistics(batch)
    value = float(metric.score(stats.sum(axis=0)))
    assert math.isnan(value) or value == metric.worst
    assert not metric.scored(batch).any()
    assert np.allclose(metric.influence(stats), 0)


@metric_where_missing_costs
def test_a_missing_prediction_never_helps(name):
    metric = parse_metric(name)
    full = [("good pizza the cosy", ("good pizza the cosy place",), ("i1",), ("i1",))] * 3
    less = [*full[:2], (None, *full[2][1:2], (), full[2][3])]
    one, other = (metric.statistics(make_batch(rows)).sum(axis=0) for rows in (full, less))
    assert metric.score(other) < metric.score(one)


@every_metric
@settings(max_examples=25, deadline=None)
@given(rows=rows)
def test_statistics_are_finite_and_the_value_is_within_its_bounds(name, rows):
    metric, batch = parse_metric(name), make_batch(rows)
    stats = metric.statistics(batch)
    assert stats.dtype == np.float64
    assert np.isfinite(stats).all()
    assert stats.shape[0] == len(rows)
    assert metric.scored(batch).dtype == np.bool_
    value = float(metric.score(stats.sum(axis=0)))
    assert math.isnan(value) or metric.bounds[0] <= value <= metric.bounds[1]
    if metric.scored(batch).any() and metric.kind != "set":
        assert not math.isnan(value)


@every_metric
@settings(max_examples=25, deadline=None)
@given(rows=rows)
def test_influence_sums_to_zero(name, rows):
    metric = parse_metric(name)
    stats = metric.statistics(make_batch(rows))
    influence = metric.influence(stats)
    assert influence.shape == (len(rows),)
    assert np.isfinite(influence).all()
    assert abs(influence.sum()) <= 1e-8 * max(1.0, np.abs(influence).sum())


@additive_metric
@settings(max_examples=25, deadline=None)
@given(rows=rows, cut=st.integers(0, 12))
def test_parts_put_together_equal_the_whole(name, rows, cut):
    metric = parse_metric(name)
    whole = metric.statistics(make_batch(rows))
    parts = [metric.statistics(make_batch(part)) for part in (rows[:cut], rows[cut:])]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12, atol=1e-14)


@every_metric
@settings(max_examples=15, deadline=None)
@given(rows=rows, seed=st.integers(0, 99))
def test_the_order_of_the_examples_does_not_matter(name, rows, seed):
    metric = parse_metric(name)
    order = random.Random(seed).sample(range(len(rows)), k=len(rows))
    stats = metric.statistics(make_batch(rows))
    moved = metric.statistics(make_batch([rows[i] for i in order]))
    np.testing.assert_allclose(moved, stats[order], rtol=1e-12, atol=1e-14)


@every_metric
def test_score_is_vectorised_over_leading_axes(name):
    metric = parse_metric(name)
    batch = make_batch(
        [(TEXTS[i], (TEXTS[i + 1],), ("i1", "i2", f"i{i % 5 + 3}"), ("i2",)) for i in range(1, 30)]
    )
    stats = metric.statistics(batch)
    weights = np.random.default_rng(0).integers(0, 3, size=(2, 5, len(stats))).astype(float)
    many = metric.score(weights @ stats)
    assert many.shape == (2, 5)
    for at in np.ndindex(2, 5):
        assert many[at] == pytest.approx(float(metric.score(weights[at] @ stats)), rel=1e-12)


def test_what_is_registered_are_metrics():
    assert len(METRICS) >= 13
    for name in METRICS:
        assert METRICS.problem(name) is None
        assert isinstance(parse_metric(name), Metric)


def test_a_memo_is_made_once_and_belongs_to_its_batch():
    made = []
    batch, other = make_batch([]), make_batch([])
    for one in (batch, batch, other):
        assert one.memo("key", lambda: made.append(1) or len(made)) in (1, 2)
    assert made == [1, 1]
