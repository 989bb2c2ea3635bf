"""What a batch makes of missing texts, wrong types, odd characters and unequal columns."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, TextTable
from showcase_bench.metrics.groups import metrics_within
from showcase_bench.metrics.text.corpus import TextCorpus

TEXT_METRICS = metrics_within(("text", "references"))
of_texts = pytest.mark.parametrize("metric", TEXT_METRICS, ids=[one.name for one in TEXT_METRICS])


TABLE = TextTable()


@pytest.fixture(autouse=True, scope="module")
def _tables(meteor_cache):
    TABLE.cache = meteor_cache


def batch(hypotheses, references, **more):
    ids = tuple(f"q{i}" for i in range(len(hypotheses)))
    return Batch(ids, hypotheses, references, **{"table": TABLE, **more})


def value(metric, of):
    return float(metric.score(metric.statistics(of).sum(axis=0)))


@pytest.mark.parametrize(
    ("text", "kind"), [(3, "int"), (b"x", "bytes"), (["x"], "list"), (math.nan, "float")]
)
def test_a_text_that_is_not_a_string_is_named(text, kind):
    with pytest.raises(UsageError, match=f"the text of 'q1' is a {kind}"):
        batch(("fine", text), (("a",), ("a",)))


@pytest.mark.parametrize("known", ["a string", (None,), ("a", 3), (b"a",), (("a",),)])
def test_references_that_are_not_strings_are_named(known):
    with pytest.raises(UsageError, match="the references of 'q1' must be a tuple of strings") as e:
        batch(("a", "b"), (("a",), known))
    assert len(str(e.value)) < 200


def test_a_column_of_another_length_is_named():
    ids = ("1", "2")
    for column, given_ in (("hypotheses", ("a",)), ("references", ((),)), ("pools", ((),) * 3)):
        columns = {"hypotheses": ("a", "b"), "references": ((), ()), column: given_}
        with pytest.raises(UsageError, match=f"2 ids has {len(given_)} {column}"):
            Batch(ids, **columns)
    with pytest.raises(UsageError, match="0 ids has 1 hypotheses"):
        Batch((), ("a",), ())


def test_columns_that_are_left_out_are_empty():
    made = batch(("a", None), (("x",), ()))
    assert made.selected == made.gold_images == made.pools == ((), ())
    assert made.training == ()
    assert made.timings is None
    assert len(made) == 2
    assert made.has_text.tolist() == [True, False]
    assert made.has_reference.tolist() == [True, False]
    assert made.has_images.tolist() == made.has_gold_images.tolist() == [False, False]
    full = batch(("", None), ((), ()), selected=(("i",), ()), gold_images=((), ("i",)))
    assert full.has_text.tolist() == [True, False]
    assert full.has_images.tolist() == [True, False]
    assert full.has_gold_images.tolist() == [False, True]


def test_an_empty_batch():
    made = Batch((), (), ())
    assert len(made) == 0
    for known in (made.has_text, made.has_reference, made.has_images, made.has_gold_images):
        assert known.shape == (0,)
        assert known.dtype == bool
    assert made.pairing.offsets.tolist() == [0]
    assert made.hypothesis_tokens("words") == made.reference_tokens("words") == []


texts = st.lists(st.sampled_from(["a b", "", "b b c", "寿司 a", "A B"]), max_size=3).map(tuple)


@given(st.lists(st.tuples(st.none() | st.sampled_from(["a b", "", "c"]), texts), max_size=8))
def test_pairing_and_tokens_are_those_of_the_texts(rows):
    made = batch(tuple(one for one, _ in rows), tuple(known for _, known in rows))
    known = made.table.texts
    assert [known[row] for row in made.pairing.hypotheses] == [one or "" for one, _ in rows]
    for i, (one, references) in enumerate(rows):
        start, end = made.pairing.offsets[i : i + 2]
        assert tuple(known[row] for row in made.pairing.references[start:end]) == references
        assert made.hypothesis_tokens("whitespace")[i] == tuple((one or "").lower().split())
        assert made.reference_tokens("whitespace")[i] == [
            tuple(t.lower().split()) for t in references
        ]
    ids = made.token_ids("whitespace")
    assert (
        ids.lengths[made.pairing.hypotheses] == [len((one or "").split()) for one, _ in rows]
    ).all()


def test_batches_that_share_a_table_tokenise_a_text_once():
    table = TextTable()
    one = batch(("a b", "c"), (("a",), ("c",)), table=table)
    one.token_ids("words")
    other = batch(("c", "d", "a b"), (("a",), ("c",), ("a",)), table=table)
    before = list(table.texts)
    assert other.hypothesis_tokens("words") == [("c",), ("d",), ("a", "b")]
    assert table.texts == [*before, "d"]
    assert one.pairing.hypotheses[0] == other.pairing.hypotheses[2]


def test_the_corpus_is_that_of_the_batch_unless_given():
    made = batch(("a", "b"), (("x",), ()))
    assert made.corpus.key == TextCorpus((("x",), ())).key
    corpus = TextCorpus((("x",), ("y", "z"), ()))
    assert batch(("a", "b"), (("x",), ()), corpus=corpus).required_corpus is corpus


def test_a_memo_is_made_once_and_belongs_to_its_batch():
    made = []
    one, other = batch((), ()), batch((), ())
    for of in (one, one, other):
        assert of.memo("key", lambda: made.append(1) or len(made)) in (1, 2)
    assert made == [1, 1]


@of_texts
def test_an_empty_system_has_a_defined_value(metric):
    references = (("good pizza",), ("the pizza was good here", "nice"), ("寿司",))
    missing, empty = batch((None,) * 3, references), batch(("",) * 3, references)
    assert not metric.scored(missing).any()
    for of in (missing, empty):
        stats = metric.statistics(of)
        assert np.isfinite(stats).all()
        found = value(metric, of)
        assert math.isnan(found) or metric.bounds[0] <= found <= metric.bounds[1]
        assert np.isfinite(metric.influence(stats)).all()


@of_texts
def test_without_any_reference_nothing_that_needs_one_is_scored(metric):
    none = batch(("a good text", "", None), ((), (), ()))
    stats = metric.statistics(none)
    assert np.isfinite(stats).all()
    if "references" in metric.needs:
        assert not metric.scored(none).any()
        if metric.kind != "set":
            assert math.isnan(value(metric, none))
    assert metric.influence(stats).shape == (3,)


@of_texts
def test_lone_surrogates_and_control_characters_are_texts_like_others(metric):
    odd = (
        "caf\ud800é \udfff good pizza",
        "\x00\x85\u2029 pizza",
        "a\rb\x0bc\u2028d ||| e",
        "\ud83c",
    )
    references = tuple((f"good pizza {one}", one) for one in odd)
    of = batch(odd, references)
    stats = metric.statistics(of)
    assert np.isfinite(stats).all()
    assert metric.scored(of).all() or "references" not in metric.needs
    assert len(of.corpus.key) == 12
    found = value(metric, of)
    assert metric.bounds[0] <= found <= metric.bounds[1]


@of_texts
def test_blank_texts_and_blank_references(metric):
    of = batch(("", " \t\n", "\u3000", "."), (("",), (" ",), ("a", ""), ("\u200b", "...")))
    stats = metric.statistics(of)
    assert np.isfinite(stats).all()
    found = value(metric, of)
    assert math.isnan(found) or metric.bounds[0] <= found <= metric.bounds[1]
