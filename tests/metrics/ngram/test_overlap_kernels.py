"""The loops behind the n-gram metrics, and their influence, against brute force."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from showcase_bench.metrics import Batch, TextTable, parse_metric
from showcase_bench.metrics.ngram.overlap import (
    Lengths,
    best_reference,
    closest_lengths,
    common_subsequences,
    overlap,
    text_lengths,
)
from showcase_bench.metrics.text.hashing import FREE, slot_of, table_size
from showcase_bench.metrics.text.matches import shared_ngrams
from showcase_bench.metrics.text.ngrams import NgramTable
from showcase_bench.metrics.text.subsequence import longest_common
from showcase_bench.metrics.text.weights import weighted_matches, weighted_products
from tests.texts import hard_corpus

WORDS = "abcdefgh"
text = st.lists(st.sampled_from(WORDS[:3]), max_size=9).map(tuple)
example_rows = st.lists(st.tuples(text, st.lists(text, max_size=4)), max_size=6)
HARD_ROWS = [
    ((), [()]),
    (("a",) * 9, [("a",) * 5, ("a",) * 9, ()]),
    (("a", "b"), []),
    (("a", "b", "a", "b"), [("b", "a", "b", "a"), ("b", "a", "b", "a")]),
    (("a", "b"), [("a", "b"), ("c",)]),
]


def grams(tokens, order):
    return Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))


class World:
    """Token ids of rows of (text, references), in the shape that the kernels take."""

    def __init__(self, rows):
        self.rows = rows
        table = TextTable()
        # One-letter words, so that texts are told apart and split at spaces.
        self.hypotheses = table.rows(" ".join(one) for one, _ in rows)
        self.references = table.rows(" ".join(one) for _, known in rows for one in known)
        counts = [len(known) for _, known in rows]
        self.offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        every = np.concatenate([self.hypotheses, self.references])
        self.tokens = table.tokens("whitespace", every)
        self.every = every

    @property
    def arguments(self):
        ids, starts, lengths, words = self.tokens
        return ids, starts, lengths, len(words), self.hypotheses, self.references, self.offsets

    @property
    def flat(self):
        """Pairs of an example and one of its references."""
        return [(one, other) for one, known in self.rows for other in known]


@example(rows=HARD_ROWS, order=4)
@given(rows=example_rows, order=st.integers(1, 6))
def test_shared_ngrams_equal_brute_force(rows, order):
    clipped, shared = shared_ngrams(*World(rows).arguments, order)
    assert clipped.shape == (len(rows), order)
    for at, (one, known) in enumerate(rows):
        for level in range(order):
            most = Counter()
            for other in known:
                most |= grams(other, level + 1)
            assert clipped[at, level] == (grams(one, level + 1) & most).total()
    for at, (one, other) in enumerate(World(rows).flat):
        for level in range(order):
            both = grams(one, level + 1) & grams(other, level + 1)
            assert shared[at, level] == both.total()


def table_lcs(first, second):
    row = [0] * (len(second) + 1)
    for a in first:
        last = row[:]
        for j, b in enumerate(second):
            row[j + 1] = last[j] + 1 if a == b else max(last[j + 1], row[j])
    return row[-1]


@example(rows=HARD_ROWS)
@given(rows=example_rows)
def test_longest_common_equals_the_table(rows):
    found = longest_common(*World(rows).arguments)
    assert found.tolist() == [table_lcs(one, other) for one, other in World(rows).flat]


@pytest.mark.parametrize("size", [63, 64, 65, 127, 128, 129, 191, 192, 193, 320])
@pytest.mark.parametrize("letters", [1, 2, 8])
def test_longest_common_where_64_tokens_end(size, letters):
    draw = np.random.default_rng(size * 10 + letters)

    def made(count):
        return tuple(WORDS[i] for i in draw.integers(0, letters, count))

    other = made(size)
    rows = [
        (other, [other, other[::-1], other[1:], other[:-1], other[:64], other[64:]]),
        (made(size + 3), [other, made(size - 1), made(64), made(1)]),
        (made(70), [other, ("z",) * 63 + other, ("z",) * 64 + other[:1]]),
        (other[63:66], [other]),
    ]
    found = longest_common(*World(rows).arguments)
    assert found.tolist() == [table_lcs(one, second) for one, second in World(rows).flat]


@settings(max_examples=40)
@given(
    first=st.lists(st.sampled_from("ab"), min_size=50, max_size=200).map(tuple),
    second=st.lists(st.sampled_from("abc"), min_size=50, max_size=200).map(tuple),
)
def test_longest_common_of_longer_texts_equals_the_table(first, second):
    found = longest_common(*World([(first, [second]), (second, [first])]).arguments)
    assert found.tolist() == [table_lcs(first, second)] * 2


def ngram_table(world):
    return NgramTable(world.tokens, world.every)


@example(rows=HARD_ROWS)
@given(rows=example_rows)
def test_ngram_table_counts_each_document(rows):
    world = World(rows)
    table = ngram_table(world)
    texts = [one for one, _ in rows] + [other for _, other in world.flat]
    documents = table.documents(world.every)
    assert table.lengths[documents].tolist() == [len(one) for one in texts]
    for order in (3, 1, 2, 4, 5):
        level = table.level(order)
        assert len(level.bounds) == len(table.lengths) + 1
        for one, document in zip(texts, documents.tolist(), strict=True):
            part = slice(level.bounds[document], level.bounds[document + 1])
            numbers, counts = level.ids[part].tolist(), level.counts[part].tolist()
            assert numbers == sorted(set(numbers))
            assert sorted(counts) == sorted(grams(one, order).values())
            assert (level.documents[part] == document).all()
        distinct = {gram for one in texts for gram in grams(one, order)}
        assert level.size == max(len(distinct), 1 if order == 1 else 0)


@example(rows=HARD_ROWS)
@given(rows=example_rows)
def test_numbers_of_ngrams_are_the_same_in_every_document(rows):
    """Two documents share as many numbers as n-grams, and stems are the shorter n-grams."""
    world = World(rows)
    table = ngram_table(world)
    for order in (1, 2, 3):
        level = table.level(order)
        for one, other in world.flat:
            mine, theirs = (numbered(world, level, table, text) for text in (one, other))
            assert len(mine.keys() & theirs.keys()) == len(grams(one, order) & grams(other, order))
            both = sum(min(count, theirs.get(number, 0)) for number, count in mine.items())
            assert both == (grams(one, order) & grams(other, order)).total()
            if order > 1:
                shorter = numbered(world, table.level(order - 1), table, one)
                stems = Counter()
                for number, count in mine.items():
                    stems[int(level.stems[number])] += count
                heads = Counter()
                for gram, count in grams(one, order).items():
                    heads[gram[:-1]] += count
                assert set(stems) <= set(shorter)
                assert sorted(stems.values()) == sorted(heads.values())


def numbered(world, level, table, tokens):
    texts = [one for one, _ in world.rows] + [other for _, other in world.flat]
    document = int(table.documents(world.every)[texts.index(tokens)])
    part = slice(level.bounds[document], level.bounds[document + 1])
    return dict(zip(level.ids[part].tolist(), level.counts[part].tolist(), strict=True))


def test_ngram_table_of_more_ngrams_than_its_first_room():
    tokens = [str(i % 9973) for i in range(30_000)]
    texts = [" ".join(tokens), " ".join(tokens[:5000]), ""]
    table = TextTable()
    rows = table.rows(texts)
    made = NgramTable(table.tokens("whitespace", rows), rows)
    for order in (1, 2, 3):
        level = made.level(order)
        assert level.size >= len(grams(tokens, order)) == level.bounds[1]
        assert int(level.counts[: level.bounds[1]].sum()) == len(tokens) - order + 1
        shared = np.intersect1d(level.ids[: level.bounds[1]], level.ids[level.bounds[1] :])
        assert len(shared) == len(grams(tokens[:5000], order))


@example(rows=HARD_ROWS, order=1, known=3)
@given(rows=example_rows, order=st.integers(1, 3), known=st.integers(0, 6))
def test_weighted_sums_equal_brute_force(rows, order, known):
    world = World(rows)
    table = ngram_table(world)
    level = table.level(order)
    references = table.documents(world.references)
    hypotheses = table.documents(world.hypotheses)
    weight = np.where(np.arange(level.size + 1) < known, np.arange(level.size + 1) + 0.5, 3.0)
    entries, each = (level.bounds, level.ids, level.counts), weight[level.ids]
    pairs = hypotheses, references, world.offsets
    products = weighted_products(*entries, np.append(each, 3.0), known, *pairs)
    matches = weighted_matches(*entries, each, *pairs)
    for at, texts in enumerate(world.flat):
        mine, theirs = (Counter(numbered(world, level, table, one)) for one in texts)
        first, second = ({g: c * weight[g] for g, c in one.items()} for one in (mine, theirs))
        assert products[0, at] == pytest.approx(sum(v * second.get(g, 0) for g, v in first.items()))
        clipped = sum(min(v, second.get(g, 0)) * second.get(g, 0) for g, v in first.items())
        assert products[1, at] == pytest.approx(clipped)
        norms = [math.sqrt(sum(v * v for v in one.values())) for one in (first, second)]
        assert products[2, at] == pytest.approx(norms[0] * norms[1])
        both = sum(weight[g] * count for g, count in (mine & theirs).items())
        assert matches[at] == pytest.approx(both)


@given(st.sets(st.integers(0, 2**62), max_size=60))
def test_places_of_keys_are_found_again_and_free_ones_are_free(keys):
    size = table_size(len(keys))
    assert size >= max(4, 2 * len(keys))
    assert size & (size - 1) == 0
    table = np.full(size, FREE, np.int64)
    for key in sorted(keys):
        place = slot_of(table, size - 1, key)
        assert table[place] == FREE
        table[place] = key
    for key in keys:
        assert table[slot_of(table, size - 1, key)] == key
    assert (table == FREE).sum() == size - len(keys)


def test_best_and_closest_reference():
    offsets = np.array([0, 0, 3, 4, 4, 6])
    best = best_reference(np.array([0.2, 0.9, 0.1, 0.5, 0.0, -0.0]), offsets)
    assert best.tolist() == [0, 0.9, 0.5, 0, 0]
    lengths = Lengths(np.array([5, 5, 0, 7, 4]), np.array([7, 3, 9, 2, 6, 2]))
    assert closest_lengths(lengths, offsets).tolist() == [0, 3, 2, 0, 2]
    assert best_reference(np.zeros(0), np.zeros(1, int)).shape == (0,)


def batch(rows, **more):
    return Batch(
        ids=tuple(map(str, range(len(rows)))),
        hypotheses=tuple(one for one, _ in rows),
        references=tuple(tuple(known) for _, known in rows),
        **more,
    )


def test_what_metrics_share_is_computed_once():
    of = batch([("a b", ["a b c"])])
    assert overlap(of, "words") is overlap(of, "words")
    assert common_subsequences(of, "words") is common_subsequences(of, "words")
    assert text_lengths(of, "words").references.tolist() == [3]
    assert overlap(of, "none+lc").clipped.tolist() == [[2, 1, 0, 0]]


MILLION = 1_000_000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bleu-4(tok=whitespace)", None),
        ("rouge-1", 4 / (MILLION + 6)),
        ("rouge-2", 0.0),
        ("rouge-l", 4 / (MILLION + 6)),
        ("coco-rouge-l(tok=whitespace)", None),
        ("cider(tok=whitespace)", None),
        ("cider-d(tok=whitespace)", 0.0),
        ("nist-5(tok=whitespace)", None),
        ("sacrebleu(tok=none)", None),
    ],
)
def test_a_text_of_a_million_tokens(name, expected):
    long = list(WORDS) * (MILLION // 8)
    rows = [
        (" ".join(long), ["a a x y z u"]),
        ("a b c d", ["a b c d"]),
        (" ".join(f"w{i}" for i in range(MILLION // 4)), ["w1 w2 w3 w4"]),
    ]
    metric = parse_metric(name)
    of = batch(rows, table=LONG)
    stats = metric.statistics(of)
    assert np.isfinite(stats).all()
    each = metric.score(stats)
    assert each[1] > each[0] >= 0
    if expected is not None:
        assert each[0] == pytest.approx(expected, abs=1e-12)


LONG = TextTable()


def test_a_reference_of_a_million_tokens():
    long = " ".join(list(WORDS) * (MILLION // 8))
    of = batch([("a b c d " * 40, [long])], table=LONG)
    assert parse_metric("rouge-l").values(of)[0] == pytest.approx(320 / (MILLION + 160))
    of = batch([("a b c d " * 40, [long, "a b"])], table=LONG)
    stats = parse_metric("bleu-4(tok=words)").statistics(of)
    assert stats[0].tolist() == [160, 120, 80, 40, 160, 159, 158, 157, 2, 1]


SMOOTH = [
    "bleu-1", "bleu-2", "bleu-3", "bleu-4", "sacrebleu", "sacrebleu(eff=true)",
    "sacrebleu(smooth=add-k)", "sacrebleu(smooth=floor,tok=char)", "rouge-2", "rouge-l",
    "coco-rouge-l", "cider", "cider-d", "nist-5",
]  # fmt: skip
ORDINARY = [row for row in hard_corpus(900, seed=3) if len(row[0].split()) < 40]
PAIRS = {
    "short": [(" ".join(one.split()[: len(one.split()) // 2]), known) for one, known in ORDINARY],
    "long": [(f"{one} {known[0][:60]} the good food", known) for one, known in ORDINARY],
}
"""Clearly shorter and longer than the references: the brevity penalty has a kink in between."""
SHARED = TextTable()


def jackknife(metric, stats):
    """Literal deletion of one example after the other; the corpus of weights stays."""
    left = metric.score(stats.sum(axis=0) - stats)
    return (len(stats) - 1) * (left.mean() - left)


def require_like_the_jackknife(metric, stats):
    found, expected = metric.influence(stats), jackknife(metric, stats)
    assert np.abs(expected).max() > 0
    assert np.corrcoef(found, expected)[0, 1] > 0.999
    # The penalty of NIST is curved: deletions are not quite the tangent.
    near = 0.1 if metric.name.startswith("nist") else 0.03
    assert (found**2).sum() == pytest.approx((expected**2).sum(), rel=near)
    assert abs(found.sum()) < 1e-6 * np.abs(found).sum()


@pytest.mark.parametrize("size", PAIRS)
@pytest.mark.parametrize("name", SMOOTH)
def test_influence_is_close_to_the_jackknife(name, size):
    metric = parse_metric(name)
    require_like_the_jackknife(metric, metric.statistics(batch(PAIRS[size], table=SHARED)))


@pytest.mark.parametrize("name", SMOOTH)
def test_influence_is_zero_where_all_examples_are_alike(name):
    metric = parse_metric(name)
    rows = [("the pizza is very good here", ["the pizza was good", "good pizza here"])] * 7
    stats = metric.statistics(batch(rows))
    assert np.abs(metric.influence(stats)).max() < 1e-9


@pytest.mark.parametrize("name", ["bleu-4", "sacrebleu", "nist-5", "cider-d"])
def test_influence_ignores_examples_that_cannot_be_scored(name):
    metric = parse_metric(name)
    with_gaps = [row for one in PAIRS["long"] for row in (one, (one[0], []))]
    stats = metric.statistics(batch(with_gaps, table=SHARED))
    require_like_the_jackknife(metric, stats)
    without = metric.statistics(batch([(one, []) for one, _ in PAIRS["long"][:5]]))
    assert not metric.influence(without).any()


@pytest.mark.parametrize("size", PAIRS)
@pytest.mark.parametrize("name", ["bleu-1", "bleu-4", "sacrebleu", "sacrebleu(smooth=add-k)"])
def test_the_exact_gradient_is_that_of_the_default(name, size):
    metric = parse_metric(name)
    stats = metric.statistics(batch(PAIRS[size], table=SHARED))
    default = super(type(metric), metric).influence(stats)
    np.testing.assert_allclose(metric.influence(stats), default, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["bleu-4", "sacrebleu", "sacrebleu(smooth=none)", "rouge-l"])
def test_influence_of_a_score_of_0_is_0(name):
    metric = parse_metric(name)
    stats = metric.statistics(batch([("x y z u", ["a b c d"])] * 3))
    assert np.abs(metric.influence(stats)).max() < 1e-6
