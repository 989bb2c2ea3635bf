"""Distinct, EAD, entropy, USR and self-BLEU against brute force, nltk and literal deletion."""

import math
from collections import Counter
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from scipy.stats import entropy as scipy_entropy

from showcase_bench.errors import UsageError
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.table import TextTable
from showcase_bench.metrics.text_diversity.distinct import Distinct
from showcase_bench.metrics.text_diversity.ead import EAD
from showcase_bench.metrics.text_diversity.entropy import Entropy
from showcase_bench.metrics.text_diversity.self_bleu import SelfBleu
from showcase_bench.metrics.text_diversity.usr import USR

TOK = "whitespace"
REFERENCES = ("a b c d", "b c", "é 寿司 c", "c")
METHOD1 = SmoothingFunction().method1


def batch_of(texts, references=REFERENCES, **more):
    corpus = TextCorpus(tuple((one,) for one in references))
    ids = tuple(map(str, range(len(texts))))
    return Batch(ids, tuple(texts), ((),) * len(texts), corpus=corpus, **more)


def value_of(metric, texts, references=REFERENCES):
    stats = metric.statistics(batch_of(texts, references))
    return float(metric.score(stats.sum(axis=0)))


def ngrams(tokens, order):
    return [tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1)]


def pooled(texts, order):
    return [g for text in texts if text is not None for g in ngrams(text.lower().split(), order)]


def brute_distinct(texts, order):
    found = pooled(texts, order)
    return len(set(found)) / len(found) if found else math.nan


def brute_ead(texts, order):
    found, types = pooled(texts, order), len(set(pooled(REFERENCES, order)))
    if not found or not types:
        return math.nan
    expected = types * (1 - Fraction(types - 1, types) ** len(found))
    return float(len(set(found)) / expected)


def brute_entropy(texts, order):
    counts = Counter(pooled(texts, order))
    return scipy_entropy(list(counts.values()), base=2) if counts else math.nan


def brute_usr(texts):
    found = [tuple(text.lower().split()) for text in texts if text is not None]
    return len(set(found)) / len(found) if found else math.nan


def nltk_self_bleu(texts, order=4):
    found = [text.lower().split() for text in texts if text is not None and text.split()]
    if len(found) < 2:
        return math.nan
    weights = (1 / order,) * order
    return math.fsum(
        sentence_bleu(found[:i] + found[i + 1 :], one, weights, smoothing_function=METHOD1)
        for i, one in enumerate(found)
    ) / len(found)


def pairs_of_metric_and_oracle():
    for order in (1, 2, 3):
        for metric, brute in ((Distinct, brute_distinct), (EAD, brute_ead)):
            yield metric(order, TOK), partial(brute, order=order)
        yield Entropy(order, TOK), partial(brute_entropy, order=order)
    yield USR(TOK), brute_usr
    yield SelfBleu(4, TOK), nltk_self_bleu
    yield SelfBleu(2, TOK), partial(nltk_self_bleu, order=2)


CASES = [pytest.param(m, o, id=m.name) for m, o in pairs_of_metric_and_oracle()]
every_metric = pytest.mark.parametrize(("metric", "oracle"), CASES)

word = st.sampled_from(["a", "A", "b", "c", "é", "寿司", "🍕"])
text = st.one_of(st.none(), st.lists(word, max_size=9).map(" ".join))
few = st.lists(text, max_size=7)
# Copies are what the counting by distinct texts could get wrong.
with_copies = st.lists(st.tuples(text, st.integers(1, 4)), max_size=4).map(
    lambda rows: [one for one, times in rows for _ in range(times)]
)
texts = st.one_of(few, with_copies)


@every_metric
@settings(max_examples=40)
@given(texts=texts)
@example(texts=[])
@example(texts=[None, None])
@example(texts=["", None, " "])
@example(texts=["a b c d e"])
@example(texts=["a b c d e", "A B c d e", "a b c d e"])
def test_the_value_is_that_of_the_oracle(metric, oracle, texts):
    assert value_of(metric, texts) == pytest.approx(oracle(texts), abs=1e-12, nan_ok=True)


@every_metric
@settings(max_examples=40)
@given(texts=texts)
@example(texts=["a", "a b c d e", "a b c d e f g"])
@example(texts=["a b", "b a", "a b c", "a b c"])
def test_the_influence_is_what_deleting_each_example_gives(metric, oracle, texts):
    n = len(texts)
    stats = metric.statistics(batch_of(texts))
    influence = metric.influence(stats)
    if n < 2:
        assert influence.tolist() == [0.0] * n
        return
    left = np.nan_to_num([oracle(texts[:i] + texts[i + 1 :]) for i in range(n)])
    np.testing.assert_allclose(influence, (n - 1) * (left.mean() - left), atol=1e-10)


@every_metric
@settings(max_examples=20)
@given(texts=texts, data=st.data())
def test_the_order_of_the_examples_does_not_matter(metric, oracle, texts, data):
    order = data.draw(st.permutations(range(len(texts))))
    stats = metric.statistics(batch_of(texts))
    moved = metric.statistics(batch_of([texts[i] for i in order]))
    np.testing.assert_allclose(moved, stats[list(order)], rtol=1e-12, atol=1e-12)


@every_metric
@settings(max_examples=20)
@given(texts=texts)
def test_rows_are_finite_and_those_of_missing_texts_are_zero(metric, oracle, texts):
    batch = batch_of(texts)
    stats = metric.statistics(batch)
    assert stats.shape == (len(texts), 4)
    assert stats.dtype == np.float64
    assert np.isfinite(stats).all()
    assert not stats[[i for i, one in enumerate(texts) if one is None]].any()
    scored = metric.scored(batch)
    assert scored.dtype == np.bool_
    assert not (scored & ~batch.has_text).any()
    value = float(metric.score(stats.sum(axis=0)))
    assert math.isnan(value) or (scored.any() and metric.bounds[0] <= value <= metric.bounds[1])


@every_metric
def test_score_is_vectorised_over_leading_axes(metric, oracle):
    rng = np.random.default_rng(3)
    many = [" ".join(rng.choice(list("abcdef"), size=k % 8)) for k in range(30)]
    stats = metric.statistics(batch_of(many))
    sums = rng.integers(0, 3, size=(2, 5, 30)).astype(float) @ stats
    values = metric.score(sums)
    assert values.shape == (2, 5)
    for at in np.ndindex(2, 5):
        assert values[at] == pytest.approx(float(metric.score(sums[at])), rel=1e-12)
    assert np.isnan(metric.score(np.zeros((2, 4)))).all()


@settings(max_examples=40)
@given(texts=texts, order=st.integers(1, 3), times=st.integers(2, 4))
def test_repeating_all_outputs(texts, order, times):
    once, many = (
        Distinct(order, TOK).statistics(batch_of(t)).sum(axis=0) for t in (texts, texts * times)
    )
    assert many[0] == pytest.approx(once[0])
    assert many[2] == times * once[2]
    assert many[1] == 0
    entropies = [value_of(Entropy(order, TOK), t) for t in (texts, texts * times)]
    assert entropies[0] == pytest.approx(entropies[1], abs=1e-12, nan_ok=True)


def test_repeated_outputs_are_as_like_each_other_as_can_be():
    assert value_of(SelfBleu(4, TOK), ["a b c d e", "b c d e f", "g h i j"] * 2) == 1.0
    assert value_of(SelfBleu(4, TOK), ["a b", "a b"]) == pytest.approx(0.1**0.5)
    assert value_of(SelfBleu(4, TOK), ["a b c d", "e f g h"]) == 0.0


@settings(max_examples=40)
@given(texts=texts, order=st.integers(1, 3))
def test_entropy_is_at_most_that_of_even_ngrams(texts, order):
    found = pooled(texts, order)
    if found:
        assert value_of(Entropy(order, TOK), texts) <= math.log2(len(set(found))) + 1e-12


def test_known_values():
    texts = ["the food was good", "the food was bad", None, ""]
    assert value_of(Distinct(1, TOK), texts) == 5 / 8
    assert value_of(Distinct(3, TOK), texts) == 3 / 4
    assert value_of(Entropy(1, TOK), texts) == pytest.approx(3 * 0.25 * 2 + 2 * 0.125 * 3)
    assert value_of(USR(TOK), [*texts, " The  FOOD was bad "]) == 3 / 4
    expected = 4 * (1 - 0.75**8)
    assert value_of(EAD(1, TOK), texts, ["a b", "b c d"]) == pytest.approx(5 / expected)


def test_ead_takes_its_vocabulary_from_the_whole_task():
    batch = batch_of(["a b", "b c"])
    metric = EAD(1, TOK).bind(batch.corpus)
    assert metric.vocab == batch.corpus.key
    assert f"vocab:{batch.corpus.key}" in str(metric)
    assert metric.name == f"ead-1(tok={TOK})"
    part = Batch(("0",), ("a b",), (("only this",),), corpus=batch.corpus)
    types = len(set(pooled(REFERENCES, 1)))
    drawn = types * (1 - (1 - 1 / types) ** 2)
    stats = metric.statistics(part)
    assert float(metric.score(stats.sum(axis=0))) == pytest.approx(2 / drawn)
    with pytest.raises(UsageError, match="leave vocab out"):
        metric.bind(TextCorpus((("other",),)))


def test_ead_without_references_or_with_a_single_type():
    assert math.isnan(value_of(EAD(1, TOK), ["a b", "c"], references=[]))
    assert not EAD(1, TOK).scored(batch_of(["a b"], references=["", " "])).any()
    assert value_of(EAD(1, TOK), ["a b", "c"], references=["x x"]) == 3.0


def test_ead_of_systems_that_share_a_table_is_that_of_each_alone():
    table = TextTable()
    systems = [["a b c", "c d"], ["x y z w", "a"], ["寿司 é", None]]
    corpus = TextCorpus((("a b c d",), ("b c",)))
    for one in systems:
        batch = Batch(("0", "1"), tuple(one), ((), ()), corpus=corpus, table=table)
        stats = EAD(2, TOK).statistics(batch)
        alone = EAD(2, TOK).statistics(batch_of(one, ["a b c d", "b c"]))
        np.testing.assert_array_equal(stats, alone)
    other = Batch(("0",), ("a b c",), ((),), corpus=TextCorpus((("p q",),)), table=table)
    assert float(EAD(2, TOK).score(EAD(2, TOK).statistics(other).sum(axis=0))) == 2.0


@pytest.mark.parametrize("n", [40, 300])
def test_self_bleu_equals_nltk_on_texts_with_shared_phrases(n):
    rng = np.random.default_rng(n)
    phrases = [" ".join(rng.choice(list("abcdefghij"), size=rng.integers(1, 5))) for _ in range(60)]
    many = [" ".join(rng.choice(phrases, size=rng.integers(0, 6))) for _ in range(n)]
    assert value_of(SelfBleu(4, TOK), many) == pytest.approx(nltk_self_bleu(many), abs=1e-12)


def test_self_bleu_deletions_on_texts_of_many_lengths_and_rare_words():
    rng = np.random.default_rng(8)
    words = [f"w{i}" for i in range(60)]
    many = [" ".join(rng.choice(words, size=int(k))) for k in rng.integers(1, 40, size=24)]
    many += [many[3], many[5], many[5], None, ""]
    stats = SelfBleu(4, TOK).statistics(batch_of(many))
    total = stats.sum(axis=0)
    for i, row in enumerate(stats):
        rest = nltk_self_bleu(many[:i] + many[i + 1 :])
        assert (total[0] - row[1]) / (total[2] - row[3]) == pytest.approx(rest, abs=1e-12)


def test_self_bleu_leaves_empty_texts_out():
    with_empty = ["a b c d e", "b c d e f", "", None, "  "]
    assert value_of(SelfBleu(4, TOK), with_empty) == value_of(SelfBleu(4, TOK), with_empty[:2])
    assert SelfBleu(4, TOK).scored(batch_of(with_empty)).tolist() == [1, 1, 0, 0, 0]
    assert not SelfBleu(4, TOK).scored(batch_of(["a", "", None])).any()


def test_a_text_of_a_million_tokens():
    rng = np.random.default_rng(0)
    long = " ".join(map(str, rng.integers(0, 50_000, size=1_000_000)))
    batch = batch_of([long, "1 2 3", "1 2 3", None])
    for metric, _ in pairs_of_metric_and_oracle():
        stats = metric.statistics(batch)
        assert np.isfinite(stats).all()
        assert math.isfinite(metric.score(stats.sum(axis=0)))


@pytest.mark.parametrize("make", [Distinct, EAD, Entropy, SelfBleu])
def test_values_cannot_be_built_wrong(make):
    for order in (0, -1, 1.5, True, "2"):
        with pytest.raises(UsageError, match="order"):
            make(order)
    with pytest.raises(UsageError, match="tokenizer"):
        make(2, "no such")
