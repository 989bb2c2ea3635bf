"""Length, repetition, novelty and copy rate against brute force."""

import math
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.table import TextTable
from showcase_bench.metrics.text_diversity.copy_rate import CopyRate
from showcase_bench.metrics.text_diversity.distinct import Distinct
from showcase_bench.metrics.text_diversity.ead import EAD
from showcase_bench.metrics.text_diversity.entropy import Entropy
from showcase_bench.metrics.text_diversity.length import Length
from showcase_bench.metrics.text_diversity.novelty import Novelty
from showcase_bench.metrics.text_diversity.repetition import Repetition
from showcase_bench.metrics.text_diversity.self_bleu import SelfBleu
from showcase_bench.metrics.text_diversity.usr import USR

TOK = "whitespace"
METRICS = [
    Length(TOK),
    CopyRate(TOK),
    *(Repetition(n, TOK) for n in (1, 2, 3, 4)),
    *(Novelty(n, TOK) for n in (1, 2, 3, 4, 6)),
]
SETS = [Distinct(1), EAD(1), Entropy(1), USR(), SelfBleu()]
every_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)

word = st.sampled_from(["a", "A", "b", "c", "é", "寿司", "🍕"])
written = st.lists(word, max_size=10).map(" ".join)
texts = st.lists(st.one_of(st.none(), written), max_size=8)
training = st.lists(written, max_size=6).map(tuple)


def batch_of(texts, training=(), table=None):
    ids = tuple(map(str, range(len(texts))))
    references = ((),) * len(texts)
    return Batch(ids, tuple(texts), references, training=training, table=table or TextTable())


def ngrams(text, order):
    tokens = text.lower().split()
    return [tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1)]


def brute(metric, text, training):
    """Value of one text, or None where it does not count."""
    if isinstance(metric, Length):
        return None if text is None else len(text.split())
    if isinstance(metric, Repetition):
        if text is None:
            return 1.0
        found = ngrams(text, metric.order)
        return 1 - len(Counter(found)) / len(found) if found else None
    if not training:
        return None
    if isinstance(metric, Novelty):
        found = ngrams(text or "", metric.order)
        known = {gram for one in training for gram in ngrams(one, metric.order)}
        return sum(gram not in known for gram in found) / len(found) if found else None
    if text is None:
        return 1.0
    tokens = text.lower().split()
    return float(tokens in [one.lower().split() for one in training]) if tokens else None


@every_metric
@settings(max_examples=40)
@given(texts=texts, training=training)
@example(texts=[], training=("a",))
@example(texts=[None, ""], training=("", "a b"))
@example(texts=["", "  ", "A b"], training=("a  b", ""))
@example(texts=["a b c d"], training=("a", "b"))
def test_rows_equal_brute_force(metric, texts, training):
    batch = batch_of(texts, training)
    stats = metric.statistics(batch)
    expected = [brute(metric, text, training) for text in texts]
    rows = [[0, 0] if one is None else [one, 1] for one in expected]
    np.testing.assert_allclose(stats, np.reshape(rows, (-1, 2)), atol=1e-15)
    counted = [one for one in expected if one is not None]
    mean = math.fsum(counted) / len(counted) if counted else math.nan
    assert float(metric.score(stats.sum(axis=0))) == pytest.approx(mean, nan_ok=True)
    both = zip(expected, texts, strict=True)
    assert metric.scored(batch).tolist() == [None not in (one, text) for one, text in both]


@every_metric
def test_without_training_texts_only_what_needs_none_is_scored(metric):
    batch = batch_of(["a b c d e f g", "a", None])
    needs = "training texts" in metric.needs
    assert metric.scored(batch).any() == (not needs)
    value = float(metric.score(metric.statistics(batch).sum(axis=0)))
    assert math.isnan(value) == needs
    assert np.isfinite(metric.influence(metric.statistics(batch))).all()


@settings(max_examples=40)
@given(texts=texts, training=st.lists(written, min_size=1, max_size=6).map(tuple))
def test_a_known_ngram_begins_with_a_known_shorter_one(texts, training):
    batch = batch_of(texts, training)
    lengths = np.array([len((text or "").split()) for text in texts])
    known = []
    for order in (1, 2, 3, 4):
        sizes = np.maximum(lengths - order + 1, 0)
        known.append(sizes * (1 - Novelty(order, TOK).statistics(batch)[:, 0]))
    assert (np.diff(known, axis=0) <= 1e-9).all()


@settings(max_examples=20)
@given(training=st.lists(written, min_size=1, max_size=6))
def test_training_reviews_as_outputs_are_copies_without_novelty(training):
    batch = batch_of(training, tuple(training))
    for order in (1, 2, 3, 4):
        assert not Novelty(order, TOK).statistics(batch)[:, 0].any()
    rows = CopyRate(TOK).statistics(batch)
    np.testing.assert_array_equal(rows[:, 0], rows[:, 1])


def test_training_is_looked_through_once_for_all_systems(monkeypatch):
    from showcase_bench.metrics.text import corpus_ngrams as module

    made = []
    real = module.CorpusNgrams

    def counting(*arguments):
        made.append(1)
        return real(*arguments)

    monkeypatch.setattr(module, "CorpusNgrams", counting)
    table, reviews = TextTable(), ("a b c d", "x y z")
    for texts in (["a b c d", "new words"], ["a b x y", None], ["unseen a b c"]):
        shared, alone = batch_of(texts, reviews, table), batch_of(texts, reviews)
        for metric in (Novelty(1, TOK), Novelty(2, TOK), Novelty(4, TOK), CopyRate(TOK)):
            np.testing.assert_array_equal(metric.statistics(shared), metric.statistics(alone))
    assert len(made) == 1 + 3
    other = batch_of(["a b c d"], ("p q",), table)
    assert Novelty(1, TOK).statistics(other).tolist() == [[1, 1]]
    assert CopyRate(TOK).statistics(other).tolist() == [[0, 1]]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_reading_training_in_parts_changes_nothing(monkeypatch, at_once):
    texts = ["a b c", "", "b c d e", None, "c", "a b c", "x a b"] * 3
    reviews = ("a b c d", "x b c", "", "c", "b c d e")
    every = [*(Novelty(n, TOK) for n in (1, 2, 3)), CopyRate(TOK)]
    whole = [metric.statistics(batch_of(texts, reviews)) for metric in every]
    monkeypatch.setattr("showcase_bench.metrics.text.corpus_ngrams._AT_ONCE", at_once)
    parts = [metric.statistics(batch_of(texts, reviews)) for metric in every]
    np.testing.assert_array_equal(whole, parts)


def test_words_that_come_after_training_was_read_are_novel():
    table, reviews = TextTable(), ("a b",)
    assert Novelty(1, TOK).statistics(batch_of(["a"], reviews, table)).tolist() == [[0, 1]]
    later = batch_of([" ".join(f"n{i}" for i in range(5000)) + " a b"], reviews, table)
    assert Novelty(1, TOK).statistics(later)[0, 0] == pytest.approx(5000 / 5002)
    assert Novelty(2, TOK).statistics(later)[0, 0] == pytest.approx(5000 / 5001)


def test_ngrams_do_not_cross_training_reviews_or_outputs():
    batch = batch_of(["b c", "a b", "c d"], ("a b", "c d"))
    assert Novelty(2, TOK).statistics(batch)[:, 0].tolist() == [1, 0, 0]


def test_an_empty_training_review_makes_no_copies():
    batch = batch_of(["", " ", None, "a"], ("", "a b"))
    assert CopyRate(TOK).statistics(batch).tolist() == [[0, 0], [0, 0], [1, 1], [0, 1]]


def test_known_values():
    assert Repetition(4, TOK).statistics(batch_of(["a b " * 5])).tolist() == [
        [pytest.approx(1 - 2 / 7), 1]
    ]
    batch = batch_of(["The food was good", "THE FOOD WAS BAD"], ("the food was bad", "good day"))
    assert CopyRate(TOK).statistics(batch)[:, 0].tolist() == [0, 1]
    assert Novelty(2, TOK).statistics(batch)[:, 0].tolist() == [pytest.approx(1 / 3), 0]


def test_a_text_of_a_million_tokens():
    rng = np.random.default_rng(0)
    long = " ".join(map(str, rng.integers(0, 1000, size=1_000_000)))
    batch = batch_of([long, "1 2"], (long, "2 1"))
    metrics = Length(TOK), CopyRate(TOK), Repetition(1, TOK), Novelty(4, TOK), Novelty(2, TOK)
    values = [one.statistics(batch)[0, 0] for one in metrics]
    assert values == [1_000_000, 1, pytest.approx(1 - 1000 / 1_000_000), 0, 0]


@pytest.mark.parametrize("make", [Repetition, Novelty])
def test_values_cannot_be_built_wrong(make):
    for order in (0, -1, 1.5, True):
        with pytest.raises(UsageError, match="order"):
            make(order)
    for wrong in (lambda: make(2, "no such"), lambda: CopyRate(3), lambda: Length("")):
        with pytest.raises(UsageError, match="tokenizer"):
            wrong()


def test_importing_the_metrics_does_not_import_numba():
    modules = sorted({type(metric).__module__ for metric in [*METRICS, *SETS]})
    assert len(modules) == 9
    code = f"import sys, {', '.join(modules)}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
