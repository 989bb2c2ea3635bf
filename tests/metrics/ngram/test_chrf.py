import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import CHRF

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Metric
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngram.chrf import Chrf, chrf_plus_plus
from showcase_bench.metrics.text.chrf_tokens import split_edge

E2E = Path(__file__).resolve().parents[4] / "shared" / "data" / "e2e_nlg" / "e2e_test_aligned.jsonl"
PIECES = [
    *"ab cd.,!e\n\t\r'\"-()_éΣİß漢\xa0\u2028\x1c\x85\u3000",
    *["\U0001f600", "\ud800", "\udc00", " the ", " the"],
]
VARIANTS = [
    {},
    {"word": 2},
    {"word": 1, "beta": 3, "char": 4},
    {"word": 3, "lc": True},
    {"space": True},
    {"lc": True, "space": True, "char": 1},
]


def make_batch(texts, references):
    ids = tuple(map(str, range(len(texts))))
    return Batch(ids, tuple(texts), tuple(map(tuple, references)))


def peer_of(metric):
    return CHRF(metric.char, metric.word, metric.beta, lowercase=metric.lc, whitespace=metric.space)


def columns_of(references):
    most = max(map(len, references))
    return [[row[j] if j < len(row) else None for row in references] for j in range(most)]


def assert_equal_to_peer(metric, texts, references):
    """Counts of the chosen reference, the value of each text and that of all."""
    peer = peer_of(metric)
    rows = metric.statistics(make_batch(texts, references))
    expected = peer._extract_corpus_statistics(list(texts), columns_of(references))
    matches, own, other = np.split(rows[:, :-1], 3, axis=1)
    assert np.stack([own, other, matches], axis=2).reshape(len(rows), -1).tolist() == expected
    values = [peer._compute_f_score(row) for row in expected]
    np.testing.assert_allclose(metric.score(rows), values, rtol=0, atol=1e-9)
    whole = peer.corpus_score(list(texts), columns_of(references)).score
    assert metric.score(rows.sum(axis=0)) == pytest.approx(whole, abs=1e-9)


def odd_texts(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        text = rng.choices(PIECES, k=rng.choice([0, 1, 2, 3, 5, 9, 20, 60]))
        known = []
        for _ in range(rng.randrange(1, 6)):
            other = list(text)
            for _ in range(rng.randrange(4)):
                if other:
                    other[rng.randrange(len(other))] = rng.choice(PIECES)
            known.append("" if rng.random() < 0.1 else "".join(other)[:: rng.choice([1, 1, 1, -1])])
        yield "".join(text), known


@pytest.mark.parametrize("parameters", VARIANTS)
def test_odd_texts_equal_the_peer(parameters):
    texts, references = zip(*odd_texts(len(parameters), 1500), strict=True)
    assert_equal_to_peer(Chrf(**parameters), texts, references)


@pytest.mark.parametrize("word", [0, 2])
def test_real_outputs_equal_the_peer(word):
    if not E2E.exists():
        pytest.skip("the E2E data are not beside the checkout")
    rows = [json.loads(line) for line in E2E.read_text("utf-8").splitlines()][::30]
    texts = [text for row in rows for text in row["outputs"].values()]
    references = [row["references"] for row in rows for _ in row["outputs"]]
    assert_equal_to_peer(Chrf(word=word), texts, references)


@pytest.mark.parametrize("word", [0, 2])
def test_long_and_empty_texts_equal_the_peer(word):
    rng = random.Random(1)
    long = " ".join(rng.choices(["ab", "ba,", "abc", "(c"], k=5000))
    texts = ["", "a", "a b", "", long, long, "aaaa", " \t", "a"]
    references = [
        *([""], [""], ["", "a b"], ["a"], [long[::-1], long[7:]], ["ab"], ["aa"], ["\n"]),
        ["b", "a", "aa"],
    ]
    assert_equal_to_peer(Chrf(word=word), texts, references)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_any_text_equals_the_peer(text, known):
    assert_equal_to_peer(chrf_plus_plus(), [text], [known])


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab.,'!é", min_size=1, max_size=6))
def test_words_split_as_the_peer_splits_them(word):
    assert list(split_edge(word)) == CHRF(word_order=2)._remove_punctuation(word)


def test_the_first_of_equally_good_references_is_taken():
    stats = Chrf(char=1).statistics(make_batch(["ab"], [["xy", "xyz", "xy"]]))
    assert stats.tolist() == [[0, 2, 2, 1]]


def test_a_text_of_a_million_tokens():
    text = "ab " * 1_000_000
    stats = chrf_plus_plus().statistics(make_batch([text, "ab"], [[text], [text]]))
    values = chrf_plus_plus().score(stats)
    assert values[0] == 100
    assert 0 < values[1] < 1


def test_missing_texts_and_references():
    batch = make_batch([None, "abc", "abc"], [["abc"], [], ["abc"]])
    stats = Chrf(char=2).statistics(batch)
    assert stats.tolist() == [
        [0, 0, 0, 0, 3, 2, 1],
        [0, 0, 0, 0, 0, 0, 0],
        [3, 2, 3, 2, 3, 2, 1],
    ]
    values = Chrf(char=2).score(stats)
    assert values[0] == 0
    assert np.isnan(values[1])
    assert values[2] == 100
    assert Chrf().statistics(make_batch([], [])).shape == (0, 19)
    assert np.isnan(Chrf().score(np.zeros(19)))
    assert Chrf().influence(np.zeros((0, 19))).shape == (0,)
    assert not Chrf().influence(Chrf().statistics(make_batch(["a"], [["b"]]))).any()


@pytest.mark.parametrize("parameters", VARIANTS)
def test_influence_is_the_gradient(parameters):
    metric = Chrf(**parameters)
    texts, references = zip(*odd_texts(9, 200), strict=True)
    stats = metric.statistics(make_batch([*texts, "a"], [*references, []]))
    exact = metric.influence(stats)
    assert exact.sum() == pytest.approx(0, abs=1e-7)
    numeric = Metric.influence(metric, stats)
    np.testing.assert_allclose(exact, numeric, atol=1e-5 * np.abs(numeric).max())


@pytest.mark.parametrize(
    "parameters", [{"char": 0}, {"word": -1}, {"beta": 0}, {"char": 2.5}, {"word": True}]
)
def test_impossible_parameters(parameters):
    with pytest.raises(UsageError, match="of chrf"):
        Chrf(**parameters)


def test_names():
    assert Chrf().name == "chrf"
    assert chrf_plus_plus().name == "chrf++"
    assert Chrf(word=2) == chrf_plus_plus()
    assert Chrf(word=1, lc=True).name == "chrf(lc=true,word=1)"
    assert str(chrf_plus_plus()).startswith("chrf++|char:6|beta:2|")
