"""BERTScore on an encoder small enough to score by hand."""

import hashlib
import itertools
import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, TextTable
from showcase_bench.metrics.embedding import bertscore_pairs
from showcase_bench.metrics.embedding.bertscore import (
    BertScore,
    bertscore_f1,
    bertscore_p,
    bertscore_r,
)
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.types import TokenVectors

START, END = 1, 2
MOST = 12


class Words:
    """Embeddings whose tokens are words; a vector depends on the word and on those beside it."""

    def __init__(self, folder=None, ends=True, signed=False):
        self.folder = folder
        self.ends = ends
        self.signed = signed
        self.asked = []

    def identify(self, encoder):
        return f"{encoder.partition('@')[0]}@12345678"

    def default_layer(self, encoder):
        return 4

    def _ids(self, text):
        ids = [3 + word_number(word) for word in text.split()][: MOST - 2]
        return [START, *ids, END] if self.ends else ids

    def token_ids(self, texts, encoder):
        found = [self._ids(text) for text in texts]
        offsets = np.cumsum([0, *map(len, found)])
        return np.array(list(itertools.chain.from_iterable(found)), dtype=np.int64), offsets

    def token_vectors(self, texts, encoder, layer, *, precision="fp32", keep=False):
        assert encoder.endswith("@12345678")
        self.asked += [(text, layer, precision, keep) for text in texts]
        ids, offsets = self.token_ids(texts, encoder)
        rows = [
            self._vector(tuple(self._ids(text)), i, layer, precision)
            for text in texts
            for i in range(len(self._ids(text)))
        ]
        return TokenVectors(ids, np.array(rows, dtype=np.float32).reshape(len(ids), 8), offsets)

    def _vector(self, ids, i, layer, precision):
        if self.signed:  # each word is one of two opposite vectors
            return np.eye(8)[0] * (-1) ** ids[i]
        return mixed(ids[i], (ids[i], *ids[max(i - 1, 0) : i + 2], layer, precision))


@cache
def mixed(word, around):
    seeds = [np.frombuffer(digest(one), np.uint32) for one in (word, around)]
    alone, context = (np.random.default_rng(list(seed)).standard_normal(8) for seed in seeds)
    vector = 2 * alone + context + 1.5
    return vector / np.linalg.norm(vector)


def digest(value):
    return hashlib.sha256(repr(value).encode()).digest()


@cache
def word_number(word):
    return int.from_bytes(digest(word)[:2], "big") % 5000


def make_batch(rows, embeddings=None, **more):
    """From rows of (text, references)."""
    texts, references = zip(*rows, strict=True) if rows else ((), ())
    ids = tuple(map(str, range(len(rows))))
    return Batch(ids, texts, references, embeddings=embeddings or Words(), **more)


def by_hand(text, reference, references=None, layer=4, embeddings=None):
    """Precision, recall and F1 in plain Python; ``references`` are those that idf counts over."""
    words = embeddings or Words()
    sides = []
    for one in (text, reference):
        found = words.token_vectors([one], "words@12345678", layer)
        sides.append((found.ids.tolist(), found.vectors.astype(float).tolist()))
    if references is None:
        rarity = dict.fromkeys(range(6000), 1.0)
    else:
        seen = Counter(i for one in references for i in set(words._ids(one)))
        n = len(references)
        rarity = {i: math.log((n + 1) / (seen[i] + 1)) for i in range(6000)}
    means = []
    for (ids, vectors), (_, others) in (sides, sides[::-1]):
        weights = [0.0 if i in (START, END) else rarity[i] for i in ids]
        if not any(weights):
            weights = [float(i not in (START, END)) for i in ids]
        best = [
            max((sum(a * b for a, b in zip(x, y, strict=True)) for y in others), default=0.0)
            for x in vectors
        ]
        total = sum(weights)
        means.append(sum(map(float.__mul__, weights, best)) / total if total else None)
    if None in means:
        return 0.0, 0.0, 0.0
    p, r = (max(mean, 0.0) for mean in means)
    return p, r, (2 * p * r / (p + r) if p and r else 0.0)


def all_parts(batch, **arguments):
    """Values of each example as precision, recall, F1."""
    metrics = [
        make(encoder="words", **arguments) for make in (bertscore_p, bertscore_r, bertscore_f1)
    ]
    return np.stack([one.values(batch) for one in metrics], axis=1)


words = st.sampled_from(["the", "pizza", "was", "good", "not", "寿司", "🍕", "Pizza", "."])
texts = st.lists(words, max_size=14).map(" ".join)
rows = st.lists(st.tuples(texts, st.lists(texts, min_size=1, max_size=3).map(tuple)), max_size=6)


@settings(max_examples=40)
@given(rows=rows, idf=st.booleans(), ends=st.booleans())
def test_is_what_a_plain_loop_gives(rows, idf, ends):
    embeddings = Words(ends=ends)
    found = all_parts(make_batch(rows, embeddings), idf=idf)
    known = [one for _, several in rows for one in several] if idf else None
    for i, (text, several) in enumerate(rows):
        each = [by_hand(text, one, known, embeddings=embeddings) for one in several]
        np.testing.assert_allclose(found[i], np.max(each, axis=0), atol=2e-6)


@settings(max_examples=30)
@given(first=texts, second=texts)
def test_the_other_way_round_precision_is_recall(first, second):
    (one,), (other,) = (
        all_parts(make_batch([(a, (b,))])) for a, b in ((first, second), (second, first))
    )
    np.testing.assert_allclose(one, other[[1, 0, 2]], atol=1e-6)
    assert one[2] <= max(one[0], one[1]) + 1e-6
    assert (one >= 0).all()
    assert (one <= 1).all()


def test_a_text_against_itself_scores_one():
    text = "the pizza was good and the place cosy"
    np.testing.assert_allclose(all_parts(make_batch([(text, (text,))])), 1, atol=1e-6)


def test_the_best_reference_is_another_for_each_part():
    text, short, long = "the pizza was good", "the pizza", "the pizza was good . not cosy was not"
    ((p, r, f),) = all_parts(make_batch([(text, (short, long))]))
    one, other = (all_parts(make_batch([(text, (each,))]))[0] for each in (short, long))
    assert (p, r) == (other[0], one[1])
    assert p > one[0]
    assert r > other[1]
    assert f == max(one[2], other[2])
    assert f != pytest.approx(2 * p * r / (p + r), abs=1e-3)


@pytest.mark.parametrize("idf", [False, True])
@pytest.mark.parametrize(
    ("text", "reference"), [("", "good"), ("good", ""), ("", ""), (" \t", "good"), ("good", "\n")]
)
def test_an_empty_text_or_reference_scores_nothing(text, reference, idf):
    rows = [(text, (reference,)), ("good pizza", ("good", reference))]
    found = all_parts(make_batch(rows), idf=idf)
    assert not found[0].any()
    alone = make_batch(rows[1:], corpus=TextCorpus(tuple(known for _, known in rows)))
    np.testing.assert_array_equal(found[1], all_parts(alone, idf=idf)[0])
    assert found[1].all()


def test_where_idf_knows_no_difference_tokens_weigh_the_same():
    rows = [("good pizza here", ("the good pizza",))]
    found = all_parts(make_batch(rows), idf=True)
    # All tokens of the only reference weigh nothing, and of the text those that it shares.
    np.testing.assert_allclose(
        found[0], by_hand(*rows[0][:1], rows[0][1][0], rows[0][1]), atol=1e-6
    )
    assert found[0, 1] == all_parts(make_batch(rows))[0, 1]
    assert found[0, 0] != all_parts(make_batch(rows))[0, 0]


def test_idf_counts_over_all_references_of_the_task():
    corpus = TextCorpus((("good good pizza", "good"), (), ("bad pizza", "good")))
    rows = [("good pizza here", ("bad pizza",))]
    found = all_parts(make_batch(rows, corpus=corpus), idf=True)
    known = ["good good pizza", "good", "bad pizza", "good"]
    np.testing.assert_allclose(found[0], by_hand("good pizza here", "bad pizza", known), atol=1e-6)
    assert abs(found - all_parts(make_batch(rows), idf=True)).max() > 1e-3


def test_opposite_tokens_score_zero_and_not_below():
    signs = {i % 2: w for w in "abcdefgh" for i in [3 + word_number(w)]}
    embeddings = Words(ends=False, signed=True)
    rows = [
        (signs[0], (signs[1],)),
        (signs[0], (signs[0],)),
        (f"{signs[0]} {signs[1]}", (signs[0],)),
    ]
    found = all_parts(make_batch(rows, embeddings))
    np.testing.assert_allclose(found, [[0, 0, 0], [1, 1, 1], [0, 1, 0]], atol=1e-7)


def test_long_texts_are_compared_as_far_as_the_encoder_looks():
    long = " ".join(f"word{i}" for i in range(5000))
    cut = " ".join(long.split()[: MOST - 2])
    found = all_parts(make_batch([(long, ("word1 word9",)), (cut, ("word1 word9",))]))
    np.testing.assert_array_equal(found[0], found[1])


def hard_rows():
    draw = np.random.default_rng(0)
    pool = [f"w{i}" for i in range(60)] + ["", "good pizza"]
    some = [" ".join(draw.choice(pool, size=draw.integers(0, 15))) for _ in range(90)]
    rows = [(some[i % 40], tuple(some[i * 3 % 90 : i * 3 % 90 + i % 4])) for i in range(80)]
    return [*rows, (None, (some[0],)), (None, ()), (some[3], (some[3],) * 3)]


@pytest.mark.parametrize("idf", [False, True])
def test_values_are_the_same_bytes_whatever_is_scored_together(monkeypatch, idf):
    rows = hard_rows()
    corpus = TextCorpus(tuple(known for _, known in rows))
    whole = all_parts(make_batch(rows, corpus=corpus), idf=idf)
    one_by_one = [all_parts(make_batch([row], corpus=corpus), idf=idf)[0] for row in rows]
    np.testing.assert_array_equal(np.array(one_by_one), whole)
    monkeypatch.setattr(bertscore_pairs, "_CHUNK_BYTES", 50)
    np.testing.assert_array_equal(all_parts(make_batch(rows, corpus=corpus), idf=idf), whole)


def test_no_chunk_is_large_and_every_pair_is_in_one():
    texts = ["x" * (i % 37) for i in range(400)] + ["x" * (1 << 20)]
    draw = np.random.default_rng(1)
    left, right = draw.integers(0, 401, (2, 900))
    left[:300] = 7
    parts = bertscore_pairs._chunks([one * 300 for one in texts], left, right)
    assert sorted(np.concatenate(parts).tolist()) == list(range(900))
    sizes = np.array([len(one) * 300 for one in texts])
    for part in parts:
        rows = [*np.unique(left[part]), *np.unique(right[part])]
        assert sizes[rows].sum() <= bertscore_pairs._CHUNK_BYTES + 2 * sizes[rows].max()


def test_a_second_system_encodes_its_own_texts_only_and_keeps_the_references():
    embeddings, table = Words(), TextTable()
    known = [("good pizza", "fine pizza"), ("cosy place",), ("good pizza",)]
    first = make_batch(list(zip(["a b", "c", "c"], known, strict=True)), embeddings, table=table)
    all_parts(first)
    assert sorted(embeddings.asked) == [
        ("a b", 4, "fp32", False),
        ("c", 4, "fp32", False),
        ("cosy place", 4, "fp32", True),
        ("fine pizza", 4, "fp32", True),
        ("good pizza", 4, "fp32", True),
    ]
    embeddings.asked.clear()
    again = make_batch(list(zip(["c", "c", "a b"], known, strict=True)), embeddings, table=table)
    all_parts(again)
    assert {text for text, *_, keep in embeddings.asked if not keep} == {"c"}
    embeddings.asked.clear()
    for batch in (first, again):
        fresh = make_batch(list(zip(batch.hypotheses, known, strict=True)), embeddings, table=table)
        np.testing.assert_array_equal(all_parts(fresh), all_parts(batch))
    assert not embeddings.asked


@pytest.mark.parametrize("idf", [False, True])
def test_a_later_process_encodes_nothing(tmp_path, idf):
    rows = hard_rows()
    first = all_parts(make_batch(rows, Words(tmp_path)), idf=idf)
    later = Words(tmp_path)
    np.testing.assert_array_equal(all_parts(make_batch(rows[::-1], later), idf=idf), first[::-1])
    assert not later.asked
    assert all_parts(make_batch([*rows, ("some new", ("text",))], later), idf=idf)[-1].any()
    # Another reference changes the weights of all tokens.
    assert len(later.asked) == 2 or idf


def test_damaged_files_are_made_again(tmp_path):
    rows = hard_rows()
    first = all_parts(make_batch(rows, Words(tmp_path)))
    for path in sorted(tmp_path.rglob("*.npy")):
        path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    again = Words(tmp_path)
    np.testing.assert_array_equal(all_parts(make_batch(rows, again)), first)
    assert again.asked


def test_what_is_kept_depends_on_every_setting(tmp_path):
    rows, table = hard_rows(), TextTable()
    other = TextCorpus((("good",), ("w1 w2",)))
    settings_ = [
        ({}, None),
        ({"layer": 2}, None),
        ({"precision": "bf16"}, None),
        ({"idf": True}, None),
        ({"idf": True}, other),
    ]
    for folder in (tmp_path, None):
        found = []
        for arguments, corpus in settings_:
            batch = make_batch(rows, Words(folder), corpus=corpus, table=table)
            found.append(all_parts(batch, **arguments))
            fresh = make_batch(rows, Words(), corpus=corpus)
            np.testing.assert_array_equal(found[-1], all_parts(fresh, **arguments))
        for one, another in itertools.combinations(found, 2):
            assert abs(one - another).max() > 1e-3
    assert len(list((tmp_path / "bertscore").iterdir())) == len(settings_)


def test_missing_predictions_score_as_the_empty_text():
    rows = [(None, ("good",)), ("", ("good",)), ("good", ("good",)), ("good", ())]
    for baseline in (None, 0.5):
        metric = BertScore("f1", "words", baseline=baseline)
        batch = make_batch(rows)
        worst = 0.0 if baseline is None else -1.0
        assert metric.worst == worst
        assert metric.bounds == (worst, 1.0)
        stats = metric.statistics(batch)
        np.testing.assert_allclose(stats, [[worst, 1], [worst, 1], [1, 1], [0, 0]], atol=1e-6)
        assert metric.scored(batch).tolist() == [False, True, True, False]


def test_rescaling_moves_the_baseline_to_zero():
    batch = make_batch(hard_rows())
    plain, rescaled = all_parts(batch), all_parts(batch, baseline=0.25)
    np.testing.assert_allclose(rescaled, (plain - 0.25) / 0.75, atol=1e-12)


def test_without_references_nothing_is_encoded():
    assert all_parts(make_batch([])).shape == (0, 3)
    batch = Batch(("a",), ("text",), ((),))
    metric = BertScore("p")
    assert math.isnan(metric.score(metric.statistics(batch).sum(axis=0)))
    with pytest.raises(UsageError, match="embeddings"):
        metric.values(Batch(("a",), ("text",), (("text",),)))


def test_progress_is_shown():
    shown = []

    class Loud:
        def track(self, items, *, label, total=None):
            shown.append((label, total))
            yield from items

    all_parts(make_batch(hard_rows(), table=TextTable(progress=Loud())))
    assert shown == [("BERTScore", 1)]


def test_the_signature_names_all_that_the_number_depends_on():
    corpus = TextCorpus((("good",),))
    plain = BertScore("f1").bind(corpus, None, Words())
    assert str(plain) == (
        "bertscore-f1|encoder:minilm@12345678|layer:4|idf:false|baseline:none|precision:fp32|"
        "match:greedy|refs:best|impl:sb|v:1"
    )
    weighed = BertScore("r", idf=True, baseline=0.25, layer=2).bind(corpus, None, Words())
    assert str(weighed) == (
        "bertscore-r|encoder:minilm@12345678|layer:2|idf:true|baseline:0.25|precision:fp32|"
        f"df:{corpus.key}|match:greedy|refs:best|impl:sb|v:1"
    )
    for one in (plain, weighed):
        assert one.bind(corpus, None, Words()) == one
    assert BertScore("p").bind(corpus) == BertScore("p")
    assert BertScore("p", idf=True).bind(corpus).df == corpus.key
    with pytest.raises(UsageError, match="score the same data"):
        weighed.bind(TextCorpus((("bad",),)))
    assert plain.bind(TextCorpus((("bad",),))) == plain


@pytest.mark.parametrize(
    "metric",
    [
        BertScore("f1"),
        BertScore("p", idf=True),
        BertScore("r", "hf:some/model", layer=3, baseline=0.83, precision="bf16"),
        BertScore("f1", "minilm@12345678", 6, idf=True, df="0123456789ab"),
    ],
    ids=str,
)
def test_signatures_and_names_parse_back(metric):
    from showcase_bench.metrics import parse_metric

    assert parse_metric(str(metric)) == metric
    assert parse_metric(metric.name).name == metric.name
    if metric.df is None:
        assert parse_metric(metric.name) == metric


def test_names_leave_out_what_is_usual():
    assert BertScore("f1").name == "bertscore-f1"
    assert BertScore("f1", "minilm@12345678", 6).name == "bertscore-f1"
    assert BertScore("f1", layer=5).name == "bertscore-f1(layer=5)"
    assert BertScore("p", "hf:x", 6).name == "bertscore-p(encoder=hf:x,layer=6)"
    assert BertScore("p", idf=True, df="0123456789ab").name == "bertscore-p(idf=true)"


def test_references_mean_nothing_without_idf():
    from showcase_bench.metrics import parse_metric

    assert BertScore("f1", df="0123456789ab") == BertScore("f1")
    with pytest.raises(UsageError, match="df"):
        parse_metric(str(BertScore("f1")).replace("|match", "|df:0123456789ab|match"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"part": "f"}, "p, r, f1"),
        ({"encoder": ""}, "encoder"),
        ({"encoder": "a|b"}, "encoder"),
        ({"encoder": None}, "encoder"),
        ({"layer": 0}, "layer"),
        ({"layer": 2.0}, "layer"),
        ({"layer": True}, "layer"),
        ({"idf": "yes"}, "idf"),
        ({"idf": 1}, "idf"),
        ({"baseline": 1}, "baseline"),
        ({"baseline": -0.1}, "baseline"),
        ({"baseline": math.nan}, "baseline"),
        ({"baseline": "low"}, "baseline"),
        ({"baseline": True}, "baseline"),
        ({"precision": "fp16"}, "fp32, bf16"),
    ],
)
def test_parameters_that_cannot_work_are_refused(arguments, says):
    with pytest.raises(UsageError, match=says):
        BertScore(**{"part": "p", **arguments})
