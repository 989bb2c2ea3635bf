"""What every registered metric promises, ours and a stranger's alike."""

import copy
import dataclasses
import math
import pickle
import random
from itertools import chain
from typing import get_args

import numpy as np
import pytest
from fake_embeddings import HashEmbeddings
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import METRICS, Batch, Metric, TextTable, parse_metric
from showcase_bench.metrics.base import Control, Cost, Group, Kind, Need, Scale
from showcase_bench.metrics.batch import Swap, Visit
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.types import Timings

TABLE, OTHER_TABLE = TextTable(), TextTable()
VECTORS = {f"i{i}": np.random.default_rng(i).standard_normal(8) for i in range(9)}
WORDS = ["good", "pizza", "the", "The", "cosy", "no.", "don't", "🍕", "寿司", "!"]
TEXTS = [" ".join(random.Random(i).choices(WORDS, k=i % 9)) for i in range(40)]
TRAINING = (
    "good pizza the cosy",
    "the the",
    "",
    "寿司 !",
    *(f"The {thing} is {word}." for thing in ("pizza", "place", "sushi") for word in "abcde"),
    *(f"We came on a {day}." for day in ("Monday", "Tuesday", "Friday", "Sunday")),
    *(f"{word.capitalize()} all the way." for word in "fghijklm"),
)
TIMINGS = Timings(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7)
CORPUS = TextCorpus(tuple((one, f"{one} pizza") for one in TEXTS))
TRAINING_CORPUS = TextCorpus(tuple((one,) for one in TRAINING))
EMBEDDINGS = HashEmbeddings()
CATALOGUE = tuple((f"b{i}", tuple(sorted(VECTORS))[i::2]) for i in range(3))
VISITS = tuple(
    Visit(f"u{i % 17}", f"b{i % 3}", tuple(TEXTS[i : i + i % 4]), TEXTS[i]) for i in range(36)
)


@pytest.fixture(autouse=True, scope="module")
def _tables(meteor_cache):
    TABLE.cache = OTHER_TABLE.cache = meteor_cache


def features(ids, encoder):
    rows = [VECTORS[one] / np.linalg.norm(VECTORS[one]) for one in ids]
    return np.array(rows, dtype=np.float32).reshape(len(rows), 8)


def numbered(rows):
    """Give each row a number of its own, which it keeps when rows are moved."""
    return [(*row, number) for number, row in enumerate(rows)]


def make_batch(rows, **more):
    """From rows of (hypothesis, references, shown, gold, number)."""
    columns = [tuple(column) for column in zip(*rows, strict=True)] or [()] * 5
    hypotheses, known, shown, gold, numbers = columns
    return Batch(
        tuple(f"q{i}" for i in numbers),
        hypotheses,
        known,
        shown,
        gold,
        pools=tuple(tuple(sorted(VECTORS))[i % 3 :] for i in numbers),
        users=tuple(f"u{i % 7}" for i in numbers),
        businesses=tuple(f"b{i % 3}" for i in numbers),
        histories=tuple(tuple(TEXTS[i : i + (i + 1) % 4]) for i in numbers),
        swaps=tuple(swap_of(i) for i in numbers),
        **{
            "features": features,
            "training": TRAINING,
            "timings": TIMINGS,
            "embeddings": EMBEDDINGS,
            "visits": VISITS,
            "catalogue": CATALOGUE,
            "table": TABLE,
            **more,
        },
    )


def swap_of(number):
    if number % 5 == 4:
        return None
    return Swap((TEXTS[number % 30 + 3],), TEXTS[number % 30], ("i1", f"i{number % 6}"))


images = st.lists(st.sampled_from(sorted(VECTORS)), unique=True, max_size=5).map(tuple)
references = st.lists(st.sampled_from(TEXTS), max_size=3).map(tuple)
row = st.tuples(st.one_of(st.none(), st.sampled_from(TEXTS)), references, images, images)
rows = st.lists(row, max_size=12).map(numbered)
thirty_rows = numbered(
    (TEXTS[i], (TEXTS[i + 1],), ("i1", "i2", f"i{i % 5 + 3}"), ("i2",)) for i in range(1, 30)
)

every_metric = pytest.mark.parametrize("name", list(METRICS))
additive_metric = pytest.mark.parametrize(
    "name", [one for one in METRICS if parse_metric(one).kind != "set"]
)


def value(metric, batch):
    return float(metric.score(metric.statistics(batch).sum(axis=0)))


def variants(metric):
    """The metric with one parameter other than at its default, for every parameter that it has."""
    for field in dataclasses.fields(metric):
        if field.name in {*metric.in_name, metric.corpus_field}:
            continue
        now, made = getattr(metric, field.name), []
        others = {bool: [not now], int: [2, 1, 3], float: [0.5, 2.0]}.get(type(now))
        others = [2, 0.5] if now is None else others
        words = ["words", "none", "floor", "ideal", "other", "bf16", "sentence", "max"]
        for other in others or [*words, None]:
            try:
                made.append(dataclasses.replace(metric, **{field.name: other}))
            except UsageError:
                continue
        made = [one for one in made if one != metric]
        assert made, f"found no other value for {field.name} of {metric}"
        yield from made


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
    for one in (metric, *variants(metric)):
        assert Metric.parse(str(one)) == one
        assert str(Metric.parse(str(one))) == str(one) == one.signature
        assert parse_metric(one.name) == one
        assert one.name.startswith(one.short_name)
        assert one.signature.startswith(f"{one.short_name}|")
        assert one.signature.endswith(f"|v:{one.version}")
    assert metric.name == metric.short_name
    assert metric.name.partition("@")[0] == name
    names = [one.name for one in (metric, *variants(metric))]
    assert len(set(names)) == len(names)


@every_metric
def test_it_is_bound_to_one_corpus(name):
    metric, other = parse_metric(name), TextCorpus((("other",),))
    bound = metric.bind(CORPUS, TRAINING_CORPUS)
    assert bound.name == metric.name
    assert bound.bind(CORPUS, TRAINING_CORPUS) == bound
    assert Metric.parse(str(bound)) == bound
    assert_weights_are_named(metric, bound)
    if metric.corpus_field is None:
        assert bound is metric
        assert bound.bind(other, other) is metric
        return
    key = {"references": CORPUS.key, "training": TRAINING_CORPUS.key}[
        metric.corpus_source.split(" ")[0]
    ]
    assert f"|{metric.corpus_field}:{key}|" in str(bound)
    assert hash(bound) != hash(metric)
    with pytest.raises(UsageError, match=other.key):
        bound.bind(other, other)
    batch = make_batch(thirty_rows, corpus=CORPUS)
    np.testing.assert_array_equal(bound.statistics(batch), metric.statistics(batch))


def assert_weights_are_named(metric, bound):
    """A metric on an encoder takes the hash of its weights, and keeps its name."""
    known = metric.bind(CORPUS, TRAINING_CORPUS, EMBEDDINGS)
    if metric.encoder_field is None:
        assert known == bound
        return
    encoder = getattr(metric, metric.encoder_field)
    assert f"|{metric.encoder_field}:{encoder}@01234567|" in str(known)
    assert known.name == metric.name
    assert Metric.parse(str(known)) == known
    assert known.bind(CORPUS, TRAINING_CORPUS, EMBEDDINGS) == known


@every_metric
def test_its_facts_are_there(name):
    metric = parse_metric(name)
    low, high = metric.bounds
    assert low < high
    assert metric.summary
    assert "\n" not in metric.summary
    assert metric.group in get_args(Group)
    assert metric.kind in get_args(Kind)
    assert metric.scale in get_args(Scale)
    assert metric.cost in get_args(Cost)
    assert metric.needs
    assert metric.needs <= set(get_args(Need))
    assert metric.higher_is_better in (True, False, None)
    assert metric.worst in metric.bounds
    assert metric.floor in (None, *get_args(Control))
    assert ("embeddings" in metric.needs) <= (metric.encoder_field is not None)
    assert type(metric).__doc__
    assert (metric.kind == "run") == (metric.group == "cost") == ("timings" in metric.needs)
    assert metric.scale != "unit" or high in (1.0, 10 / 7, 2.0, 2.5, math.inf)
    assert metric.scale != "percent" or high in (100.0, math.inf)


@every_metric
def test_an_empty_batch_has_no_value(name):
    metric, batch = parse_metric(name), make_batch([])
    stats = metric.statistics(batch)
    assert stats.shape[0] == 0
    assert stats.shape[1] == metric.statistics(make_batch(thirty_rows)).shape[1]
    assert math.isnan(metric.score(stats.sum(axis=0)))
    assert metric.influence(stats).shape == (0,)
    assert metric.scored(batch).shape == (0,)


@every_metric
def test_nothing_attempted_gives_the_worst_value_or_none(name):
    metric = parse_metric(name)
    rows = numbered([(None, ("good pizza",), (), ("i1",))] * 4)
    batch = make_batch(rows, timings=None)
    stats = metric.statistics(batch)
    found = float(metric.score(stats.sum(axis=0)))
    if math.isinf(metric.worst):  # Nothing is infinitely bad: then it is what empty texts score.
        empty = make_batch([("", *row[1:]) for row in rows], timings=None)
        assert math.isnan(found) or found == value(metric, empty)
    else:
        assert math.isnan(found) or found == metric.worst
    assert not metric.scored(batch).any()
    assert np.allclose(metric.influence(stats), 0)


@pytest.mark.parametrize(
    "name",
    [
        one
        for one in METRICS
        if parse_metric(one).kind != "set"
        and parse_metric(one).needs & {"references", "gold images"}
    ],
)
def test_a_missing_prediction_never_helps(name):
    metric = parse_metric(name)
    full = numbered(
        [
            ("good pizza the cosy", ("good pizza the cosy place",), ("i1",), ("i1",)),
            ("no one came to eat", ("no pizza, no one came to eat here",), ("i2",), ("i2",)),
            ("sushi don't rush it", ("sushi don't rush it 寿司",), ("i3",), ("i3",)),
        ]
    )
    less = [*full[:2], (None, full[2][1], (), *full[2][3:])]
    one, other = (value(metric, make_batch(rows)) for rows in (full, less))
    assert (other < one) == metric.higher_is_better
    assert other != one
    assert metric.scored(make_batch(less)).tolist() == [True, True, False]


@every_metric
@settings(max_examples=12, deadline=None)
@given(rows=rows)
def test_statistics_are_finite_and_the_value_is_within_its_bounds(name, rows):
    metric, batch = parse_metric(name), make_batch(rows)
    stats = metric.statistics(batch)
    assert stats.dtype == np.float64
    assert np.isfinite(stats).all()
    assert stats.shape[0] == len(rows)
    assert metric.scored(batch).dtype == np.bool_
    found = float(metric.score(stats.sum(axis=0)))
    assert math.isnan(found) or metric.bounds[0] <= found <= metric.bounds[1]
    if metric.scored(batch).any() and metric.kind != "set":
        assert not math.isnan(found)


@every_metric
def test_perfect_predictions_are_within_bounds(name):
    metric = parse_metric(name)
    rows = numbered((one, (one,), ("i1", "i2"), ("i1", "i2")) for one in TEXTS)
    for some in (rows, rows[5:6], rows[3:9], rows * 7):
        found = value(metric, make_batch(some))
        assert math.isnan(found) or metric.bounds[0] <= found <= metric.bounds[1]


@every_metric
@settings(max_examples=12, deadline=None)
@given(rows=rows)
def test_influence_sums_to_zero(name, rows):
    metric = parse_metric(name)
    stats = metric.statistics(make_batch(rows))
    influence = metric.influence(stats)
    assert influence.shape == (len(rows),)
    assert np.isfinite(influence).all()
    assert abs(influence.sum()) <= 1e-8 * max(1.0, np.abs(influence).sum())


@additive_metric
@settings(max_examples=12, deadline=None)
@given(rows=rows, cut=st.integers(0, 12))
def test_parts_put_together_equal_the_whole(name, rows, cut):
    metric = parse_metric(name).bind(CORPUS, TRAINING_CORPUS)
    whole = metric.statistics(make_batch(rows, corpus=CORPUS))
    parts = [
        metric.statistics(make_batch(part, corpus=CORPUS, table=table))
        for part, table in ((rows[:cut], TABLE), (rows[cut:], OTHER_TABLE))
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12, atol=1e-14)


@every_metric
@settings(max_examples=8, deadline=None)
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
    stats = metric.statistics(make_batch(thirty_rows))
    weights = np.random.default_rng(0).integers(0, 3, size=(2, 5, len(stats))).astype(float)
    many = metric.score(weights @ stats)
    assert many.shape == (2, 5)
    for at in np.ndindex(2, 5):
        assert many[at] == pytest.approx(float(metric.score(weights[at] @ stats)), rel=1e-12)


@every_metric
def test_it_leaves_what_it_looks_at_alone(name):
    """Statistics asked for twice, or after other metrics, are the same, in arrays of their own."""
    metric, batch = parse_metric(name), make_batch(thirty_rows)
    first = metric.statistics(batch)
    kept = first.copy()
    first[:] = -1
    np.testing.assert_array_equal(metric.statistics(batch), kept)
    for other in METRICS:
        parse_metric(other).statistics(batch)
    np.testing.assert_array_equal(metric.statistics(batch), kept)


def test_what_is_registered_are_metrics():
    assert len(METRICS) >= 13
    for name in METRICS:
        assert METRICS.problem(name) is None
        assert isinstance(parse_metric(name), Metric)


def test_signatures_and_names_tell_all_metrics_apart():
    metrics = [parse_metric(name) for name in METRICS]
    every = set(chain(metrics, *map(variants, metrics)))
    assert len({one.name for one in every}) == len(every)
    assert len({one.signature for one in every}) == len(every)
    assert len({parse_metric(name).short_name for name in METRICS}) == len(METRICS)
