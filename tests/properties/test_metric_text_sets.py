"""Distinct-n and length against brute force; n-gram counts and tokens against their laws."""

import math
import re
import shutil
import subprocess
from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import MissingDependencyError, UsageError
from showcase_bench.metrics import Batch, TokenStore, parse_metric, ptb, tokens
from showcase_bench.metrics.ngrams import clipped_matches, distinct_rows
from showcase_bench.metrics.rouge_l import lcs_length

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")

document = st.lists(st.sampled_from("abc"), max_size=9).map(tuple)
documents = st.lists(document, max_size=8)


def grams(document, order):
    return [document[i : i + order] for i in range(len(document) - order + 1)]


@given(documents=documents, order=st.integers(1, 4))
def test_distinct_equals_brute_force(documents, order):
    rows = distinct_rows(documents, order)
    everything = [gram for one in documents for gram in grams(one, order)]
    assert rows[:, 0].sum() == pytest.approx(len(set(everything)))
    assert rows[:, 2].sum() == len(everything)
    for at, row in enumerate(rows):
        others = {g for i, one in enumerate(documents) if i != at for g in grams(one, order)}
        assert row[1] == len(set(grams(documents[at], order)) - others)


@given(documents=st.lists(document, min_size=2, max_size=8), order=st.integers(1, 3))
def test_distinct_influence_is_the_delete_one_jackknife(documents, order):
    texts = [" ".join(one) for one in documents]
    metric = parse_metric(f"distinct-{min(order, 2)}(tok=whitespace)")

    def value(kept):
        batch = Batch(tuple(map(str, range(len(kept)))), tuple(kept), ((),) * len(kept))
        result = float(metric.score(metric.statistics(batch).sum(axis=0)))
        return 0.0 if math.isnan(result) else result

    n = len(texts)
    left = np.array([value(texts[:i] + texts[i + 1 :]) for i in range(n)])
    batch = Batch(tuple(map(str, range(n))), tuple(texts), ((),) * n)
    influence = metric.influence(metric.statistics(batch))
    np.testing.assert_allclose(influence, (n - 1) * (left.mean() - left), atol=1e-12)


@given(
    rows=st.lists(st.tuples(document, st.lists(document, max_size=4)), max_size=6),
    order=st.integers(1, 5),
)
def test_clipped_matches_equal_brute_force(rows, order):
    found = clipped_matches([one for one, _ in rows], [refs for _, refs in rows], order)
    for at, (hypothesis, references) in enumerate(rows):
        for level in range(order):
            most = Counter()
            for reference in references:
                most |= Counter(grams(reference, level + 1))
            both = Counter(grams(hypothesis, level + 1)) & most
            assert found[at, level] == sum(both.values())


def table_lcs(first, second):
    row = [0] * (len(second) + 1)
    for a in first:
        last = row[:]
        for j, b in enumerate(second):
            row[j + 1] = last[j] + 1 if a == b else max(last[j + 1], row[j])
    return row[-1]


@given(
    first=st.lists(st.sampled_from("abcde"), max_size=80),
    second=st.lists(st.sampled_from("abcdex"), max_size=80),
)
def test_lcs_equals_the_table(first, second):
    expected = table_lcs(first, second)
    assert lcs_length(tuple(first), tuple(second)) == expected
    assert lcs_length(tuple(second), tuple(first)) == expected


def test_lcs_of_very_long_texts():
    assert lcs_length(("a", "b") * 20_000, ("b",) * 5_000) == 5_000


def test_length_counts_empty_texts_and_leaves_out_missing_ones():
    batch = Batch(("1", "2", "3"), ("a b  c\n", "", None), ((),) * 3)
    metric = parse_metric("length(tok=whitespace)")
    assert metric.statistics(batch).tolist() == [[3, 1], [0, 1], [0, 0]]
    assert metric.score(metric.statistics(batch).sum(axis=0)) == 1.5


def test_the_store_tokenises_each_text_once(monkeypatch):
    calls = []

    def split(texts):
        calls.append(list(texts))
        return [tuple(text.split()) for text in texts]

    monkeypatch.setattr(tokens, "TOKENIZERS", {"count": split})
    store = TokenStore()
    store.prefetch("count", iter(["a b", "a b", ""]))
    assert store.get("count", ["", "c", "a b", "c"]) == [(), ("c",), ("a", "b"), ("c",)]
    assert store.get("count", []) == []
    assert calls == [["a b", ""], ["c"]]


def test_plain_tokenizers():
    store = TokenStore()
    assert store.get("words", ["Café-bar's 2nd!", ""]) == [("caf", "bar", "s", "2nd"), ()]
    assert store.get("whitespace", ["Café-bar's\u00a02nd!\u2028x"]) == [("café-bar's", "2nd!", "x")]
    with pytest.raises(UsageError, match="Did you mean 'words'"):
        store.get("word", [])


@needs_java
def test_ptb_tokens_of_a_text_depend_on_it_alone():
    texts = ["Table No.", "555 steps", "e.g.", "", "<a", "b>", "(555)", "555-1234", "12\u20281/2"]
    alone = [ptb.tokenize_ptb([text])[0] for text in texts]
    assert ptb.tokenize_ptb(texts) == alone
    assert ptb.tokenize_ptb(texts[::-1]) == alone[::-1]
    assert alone[0] == ("table", "no")


@needs_java
def test_ptb_hard_texts():
    rows = ptb.tokenize_ptb(
        ["caf\ud800\u00e9 \udfff", "\x00\x85\u2029", " \n ", "1 1/2", "It's (ok)."]
    )
    assert rows == [
        ("caf", "é"), (), (), ("1", "1/2"), ("it", "'s", "-lrb-", "ok", "-rrb-"),
    ]  # fmt: skip
    assert ptb.tokenize_ptb([]) == []
    assert ptb.tokenize_ptb(["", ""]) == [(), ()]


@needs_java
def test_ptb_drops_punctuation_only_where_it_is_a_token_of_its_own():
    rows = ptb.tokenize_ptb(["a - b", "<!-- a . b -->"])
    assert rows == [("a", "b"), ("<!--", "a", ".", "b", "-->")]


@needs_java
def test_ptb_cuts_very_long_texts_and_loses_nothing():
    words = ("word " * 9_000).strip()
    unbroken = "a" * (2 * ptb.LONGEST_WORD + 5)
    rows = ptb.tokenize_ptb(
        ["before", words, unbroken * 30, unbroken, "\U0001f600" * 20_000, "after"]
    )
    assert rows[0] == ("before",)
    assert rows[1] == ("word",) * 9_000
    assert "".join(rows[2]) == unbroken * 30
    assert [len(token) for token in rows[3]] == [ptb.LONGEST_WORD, ptb.LONGEST_WORD, 5]
    assert rows[4:] == [(), ("after",)]


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from("ab \u00a0\u3000"), max_size=80))
def test_pieces_lose_no_character_but_spaces(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ptb, "LONGEST_TEXT", 9)
        patch.setattr(ptb, "_LONG_WORD", re.compile("[^ ]{4}(?=[^ ])"))
        pieces = ptb._pieces(text)
    assert all(piece.strip() and len(piece) <= 9 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_missing_java_or_jar_says_what_to_install(monkeypatch):
    monkeypatch.setattr(ptb.shutil, "which", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"Java.*bleu-4\(tok=words\)"):
        ptb.tokenize_ptb(["a"])
    monkeypatch.setattr(ptb.shutil, "which", lambda name: "/bin/java")
    monkeypatch.setattr(ptb, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="pip install pycocoevalcap"):
        ptb.tokenize_ptb(["a"])


def test_a_java_that_does_not_run_is_not_blamed_on_a_text(monkeypatch):
    dead = subprocess.CompletedProcess(["java"], 1, b"", b"no runtime present")
    monkeypatch.setattr(ptb, "_command", lambda: ["/opt/stub/java"])
    monkeypatch.setattr(ptb.subprocess, "run", lambda *_, **__: dead)
    with pytest.raises(MissingDependencyError, match="/opt/stub/java does not run"):
        ptb.tokenize_ptb(["a", "b", "c"])


def failing(command, *, input, capture_output, check, crash):
    """A tokeniser that loses a line, or dies, where a text says 'bad'."""
    lines = input.decode().split("\n")[:-1]
    bad = any("bad" in line for line in lines)
    kept = lines if crash else [line for line in lines if "bad" not in line]
    out = "".join(f"{line}\n" for line in kept).encode()
    return subprocess.CompletedProcess(command, int(bad and crash), out, b"")


@pytest.mark.parametrize("crash", [True, False])
@pytest.mark.parametrize("at", [0, 1, 5, 8])
def test_a_text_that_breaks_java_is_named(monkeypatch, at, crash):
    monkeypatch.setattr(ptb, "_command", lambda: ["java"])
    monkeypatch.setattr(ptb.subprocess, "run", partial(failing, crash=crash))
    texts = [f"fine {i}" for i in range(9)]
    assert ptb.tokenize_ptb(texts)[3] == ("fine", "3")
    texts[at] = "so bad a text"
    with pytest.raises(UsageError, match=r"13 characters.*'so bad a text'.*tok=words"):
        ptb.tokenize_ptb(texts)
