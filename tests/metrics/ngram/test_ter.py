import json
import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import TER

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Metric
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngram.ter import Ter
from showcase_bench.metrics.text.ter_tokens import TER_TOKENIZERS, ter_tokenizer
from showcase_bench.metrics.text.tokenizers import TOKENIZERS

E2E = Path(__file__).resolve().parents[4] / "shared" / "data" / "e2e_nlg" / "e2e_test_aligned.jsonl"
FLAGS = list(product((False, True), repeat=4))
PIECES = [
    *"ab1 2.,-'s\n\t!/&;:?\"()[]{}~`_$%+<>@#éSΣİß",
    *["'s ", "&quot;", "&amp;lt;", "&GT;", "\n-", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\xa0"],
    *"\u3000\u200bあイㇰ漢字㈀㌀㇀⺀豈﹏、。・｡「〔！（ｱ한〇／",
    *["\U0001f600", "\ud800", "\udc00"],
]


def make_batch(texts, references):
    ids = tuple(map(str, range(len(texts))))
    return Batch(ids, tuple(texts), tuple(map(tuple, references)))


def peer_rows(texts, references, **flags):
    most = max(map(len, references))
    columns = [[row[j] if j < len(row) else None for row in references] for j in range(most)]
    return np.array(TER(**flags)._extract_corpus_statistics(list(texts), columns), dtype=float)


def assert_equal_to_peer(texts, references):
    rows = Ter().statistics(make_batch(texts, references))
    assert rows[:, :2].tolist() == peer_rows(texts, references).tolist()


def edits(text, reference):
    return Ter().statistics(make_batch([text], [[reference]]))[0, 0]


def garbled(rng, words, vocabulary):
    """The words permuted, reversed, rotated, cut, in moved blocks or replaced."""
    kind, result = rng.randrange(6), list(words)
    if kind == 0:
        rng.shuffle(result)
    elif kind == 1:
        result.reverse()
    elif kind == 2:
        result = result[: rng.randrange(1, len(result) + 1)]
        rng.shuffle(result)
    elif kind == 3:
        result = [f"w{rng.randrange(vocabulary)}" for _ in range(rng.randrange(1, 2 * len(words)))]
    else:
        for _ in range(rng.randrange(1, 6)):
            start = rng.randrange(len(result))
            block = result[start : start + rng.randrange(1, 14)]
            del result[start : start + len(block)]
            place = rng.randrange(len(result) + 1)
            result[place:place] = block
        if kind == 5:
            result = [w if rng.random() < 0.8 else f"w{rng.randrange(vocabulary)}" for w in result]
    return result


def pairs(seed, count, longest):
    rng = random.Random(seed)
    for _ in range(count):
        vocabulary = rng.choice([2, 3, 5, 10, 30, 1000])
        size = int(longest ** rng.random())
        words = [f"w{rng.randrange(vocabulary)}" for _ in range(size)]
        both = [" ".join(words), " ".join(garbled(rng, words, vocabulary))]
        rng.shuffle(both)
        yield tuple(both)


@pytest.mark.parametrize(("count", "longest"), [(800, 12), (120, 40), (4, 150)])
def test_edits_equal_the_peer_on_garbled_texts(count, longest):
    texts, references = zip(*pairs(longest, count, longest), strict=True)
    assert_equal_to_peer(texts, [[one] for one in references])


@pytest.mark.parametrize(("own", "other"), [(1, 200), (200, 1), (3, 170), (90, 30), (26, 76)])
def test_edits_equal_the_peer_for_lengths_far_apart(own, other):
    rng = random.Random(own)
    texts, references = [], []
    for vocabulary in (3, 1000):
        texts.append(" ".join(f"w{rng.randrange(vocabulary)}" for _ in range(own)))
        references.append([" ".join(f"w{rng.randrange(vocabulary)}" for _ in range(other))])
    assert_equal_to_peer(texts, references)


def test_real_outputs_equal_the_peer():
    if not E2E.exists():
        pytest.skip("the E2E data are not beside the checkout")
    rows = [json.loads(line) for line in E2E.read_text("utf-8").splitlines()][::100]
    texts = [text for row in rows for text in list(row["outputs"].values())[:6]]
    references = [row["references"][:4] for row in rows for _ in list(row["outputs"])[:6]]
    assert_equal_to_peer(texts, references)
    stats = Ter().statistics(make_batch(texts, references))
    most = max(map(len, references))
    columns = [[row[j] if j < len(row) else None for row in references] for j in range(most)]
    assert Ter().score(stats.sum(axis=0)) == pytest.approx(
        TER().corpus_score(texts, columns).score, abs=1e-9
    )


def test_several_references_and_empties_equal_the_peer():
    texts = ["", "a b", "a b", "", "a b c", "A", " \n", "x"]
    references = [
        [""],
        [""],
        ["", ""],
        ["a", "b c"],
        ["c a b", "a"],
        ["a", ""],
        ["y z"],
        ["x", "x"],
    ]
    assert_equal_to_peer(texts, references)
    for text, known in zip(texts, references, strict=True):
        value = Ter().score(Ter().statistics(make_batch([text], [known]))[0])
        assert value == pytest.approx(TER().sentence_score(text, known).score, abs=1e-9)


@pytest.mark.parametrize(("norm", "nopunct", "asian", "case"), FLAGS)
def test_tokens_equal_the_peer(norm, nopunct, asian, case):
    peer = TER(normalized=norm, no_punct=nopunct, asian_support=asian, case_sensitive=case)
    rng = random.Random(5)
    texts = ["".join(rng.choices(PIECES, k=rng.randrange(14))) for _ in range(3000)]
    texts += ["~,.1", "a..5", "5..a", "1-2-3", "it's 's's", "'s", "&amp;quot;", "\n-\n-a"]
    name = ter_tokenizer(norm=norm, nopunct=nopunct, asian=asian, case=case)
    for text, tokens in zip(texts, TOKENIZERS[name](texts), strict=True):
        assert list(tokens) == peer._preprocess_segment(text).split(), repr(text)


def test_names_of_tokenizers_are_distinct():
    assert len(TER_TOKENIZERS) == 12
    assert ter_tokenizer(norm=True, nopunct=False, asian=False, case=True) == "ter+norm+case"


@pytest.mark.parametrize(("norm", "nopunct", "asian", "case"), FLAGS)
def test_parameters_reach_the_tokens(norm, nopunct, asian, case):
    text, reference = "It's 漢字, (Nice)!", "it 's 漢 字 nice 、 , !"
    stats = Ter(norm=norm, nopunct=nopunct, asian=asian, case=case).statistics(
        make_batch([text], [[reference]])
    )
    flags = {
        "normalized": norm,
        "no_punct": nopunct,
        "asian_support": asian,
        "case_sensitive": case,
    }
    assert stats[:, :2].tolist() == peer_rows([text], [[reference]], **flags).tolist()


words = st.lists(st.sampled_from("abcd"), max_size=12)


def levenshtein(one, other):
    above = list(range(len(other) + 1))
    for i, token in enumerate(one, 1):
        here = [i]
        for j, known in enumerate(other, 1):
            here.append(min(above[j] + 1, here[-1] + 1, above[j - 1] + (token != known)))
        above = here
    return above[-1]


@settings(max_examples=200, deadline=None)
@given(words, words)
def test_moves_only_ever_help(one, other):
    found = edits(" ".join(one), " ".join(other))
    assert abs(len(one) - len(other)) <= found <= levenshtein(one, other)
    assert (found == 0) == (one == other)


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 20), st.data())
def test_one_moved_block_is_one_edit(size, data):
    tokens = [f"w{i}" for i in range(size)]
    start = data.draw(st.integers(0, size - 1))
    block = tokens[start : data.draw(st.integers(start + 1, min(size, start + 10)))]
    rest = [token for token in tokens if token not in block]
    place = data.draw(st.integers(0, len(rest)))
    moved = [*rest[:place], *block, *rest[place:]]
    assert edits(" ".join(tokens), " ".join(moved)) == (moved != tokens)


def test_no_moves_beyond_the_documented_length():
    tokens = [f"w{i}" for i in range(2000)]
    moved = [*tokens[5:10], *tokens[:5], *tokens[10:]]
    assert edits(" ".join(tokens), " ".join(moved)) == 1
    assert edits(" ".join([*tokens, "x"]), " ".join([*moved, "x"])) == 10


def test_a_text_of_a_million_tokens():
    text = "a b " * 500_000
    assert edits(text, "a c b") == 999_998
    assert edits("a c b", text) == 999_998
    assert edits(text, text) == 0


def test_missing_texts_and_references():
    batch = make_batch([None, "a", "b c"], [["a b", "a"], [], ["b c"]])
    stats = Ter().statistics(batch)
    assert stats.tolist() == [[1, 1.5, 1], [0, 0, 0], [0, 2, 1]]
    assert Ter().score(stats.sum(axis=0)) == pytest.approx(100 / 3.5)
    none = make_batch(["a"], [[]])
    assert np.isnan(Ter().score(Ter().statistics(none).sum(axis=0)))
    assert Ter().statistics(make_batch([], [])).shape == (0, 3)
    assert Ter().influence(np.zeros((0, 3))).shape == (0,)
    assert Ter().influence(np.array([[2.0, 0, 1], [0, 0, 1]])).tolist() == [0, 0]


def test_influence_is_the_gradient():
    texts, references = zip(*pairs(3, 60, 15), strict=True)
    stats = Ter().statistics(make_batch([*texts, "a"], [*([one] for one in references), []]))
    exact = Ter().influence(stats)
    assert exact.sum() == pytest.approx(0, abs=1e-8)
    np.testing.assert_allclose(exact, Metric.influence(Ter(), stats), atol=1e-4)


def test_parameters_are_truth_values():
    with pytest.raises(UsageError, match="norm of ter"):
        Ter(norm=1)  # type: ignore[arg-type]
    assert str(Ter(case=True)).startswith("ter|norm:")
    assert Ter(case=True).name == "ter(case=true)"
