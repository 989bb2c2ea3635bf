"""PTB tokens, BLEU and ROUGE-L against the packages that define them, on many kinds of text."""

import json
import random
import shutil
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu as PeerBleu
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
from rouge_score.rouge_scorer import RougeScorer

from showcase_bench.metrics import Batch, TokenStore, parse_metric

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")

# fmt: off
WORDS = [
    "the", "a", "food", "was", "great", "and", "we", "loved", "it", "staff", "service", "cosy",
    "pizza", "very", "place", "not", "so",
]
PIECES = [
    "don't", "it's", "can't've", "cannot", "gonna", "O'Neil's", "y'all", "'em", "rock'n'roll",
    "No.", "e.g.", "U.S.", "Mr.", "St.", "a.m.", "etc.", "Ph.D.", "approx.", "9:30", "1 1/2",
    "$12.50", "£8", "€ 9", "100%", "555-1234", "(555) 555-5555", "50,000", "1/2", "3.14", "#1",
    "<!-- a . b -->", '<a href="x . y">',
    "(nice)", "[sic]", "{x}", "<b>", "<br />", "</p>", "&amp;", "&", "<3", ":)", ":-(", "--",
    "...", "….", "!!!", "?!", ";", ",", '"so"', "''", "``", "“good”", "’s", "‘n’", "—", "-", ".",
    "http://a.b/c?d=e", "www.x.com", "me@x.com", "@me", "#tag", "and/or", "24/7", "*****", "~",
    "café", "naïve", "jalapeño", "Ärger", "ﬁne", "İstanbul", "K", "ß", "寿司", "とても", "맛집",
    "وجبة", "Привет", "मसाला", "🍕", "👍🏽", "👩\u200d🍳", "☕️", "\u00a0", "\u3000", "\u200b",
    "\ufeff", "\u00ad", "\t", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029",
    "\x00", "\x07",
]
# fmt: on


def phrase(rng):
    kind = rng.random()
    if kind < 0.06:
        return rng.choice(["", " ", ".", "?!", "ok", "No.", "555", "\u3000", "great", "😀"])
    if kind < 0.16:
        return " ".join([rng.choice(WORDS)] * rng.randint(1, 30))
    if kind < 0.55:
        return " ".join(rng.choices(WORDS, k=rng.randint(1, 30))) + rng.choice(["", ".", "!"])
    if kind < 0.9:
        joint = rng.choice([" ", " ", ""])
        return joint.join(rng.choices(WORDS + PIECES, k=rng.randint(1, 15)))
    points = [rng.randrange(0x20, 0x2FFFF) for _ in range(rng.randint(1, 12))]
    return "".join(chr(p) for p in points if not 0xD800 <= p < 0xE000)


def variation(rng, text):
    words = text.split(" ")
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(words) + 1)
        words[at : at + rng.randint(0, 2)] = rng.choices(WORDS, k=rng.randint(0, 2))
    return " ".join(words)


def generated_pairs():
    rng = random.Random(20260101)
    for _ in range(3_000):
        text = phrase(rng)
        count = rng.choice([1, 1, 1, 2, 3, 5])
        refs = [variation(rng, text) if rng.random() < 0.7 else phrase(rng) for _ in range(count)]
        yield text, tuple(refs)


def real_pairs():
    reviews, e2e = DATA / "gest_like" / "gest_like.json", DATA / "e2e_nlg/e2e_test_aligned.jsonl"
    if reviews.is_file():
        rows = [row for split in json.loads(reviews.read_text("utf-8")).values() for row in split]
        for one, other in zip(rows, rows[1:] + rows[:1], strict=True):
            yield other["review_text"][:400], (one["review_text"],)
    if e2e.is_file():
        rng = random.Random(5)
        for line in e2e.read_text("utf-8").splitlines():
            row = json.loads(line)
            for system in sorted(rng.sample(sorted(row["outputs"]), k=2)):
                yield row["outputs"][system], tuple(row["references"])


@cache
def pairs():
    """Pairs of a text and its references; references are not empty, as a Batch wants them."""
    both = [*generated_pairs(), *real_pairs()]
    return [(text, refs) for text, refs in both if all(refs)]


@cache
def store():
    tokens = TokenStore()
    tokens.prefetch("ptb", [one for text, refs in pairs() for one in (text, *refs)])
    return tokens


def batch(rows):
    return Batch(
        ids=tuple(str(i) for i in range(len(rows))),
        hypotheses=tuple(text for text, _ in rows),
        references=tuple(refs for _, refs in rows),
        tokens=store(),
    )


def one_line(text):
    """Without what makes the peer's tokenizer shift lines, as its callers have to see to."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


@cache
def peer_tokens():
    texts = list(dict.fromkeys(one for text, refs in pairs() for one in (text, *refs)))
    # A neutral caption between two keeps the peer's tokens of one independent of the next.
    captions = {}
    for i, text in enumerate(texts):
        captions[2 * i] = [{"caption": one_line(text)}]
        captions[2 * i + 1] = [{"caption": "x"}]
    tokenised = PTBTokenizer().tokenize(captions)
    assert len(tokenised) == len(captions)
    return {text: tokenised[2 * i][0] for i, text in enumerate(texts)}


@pytest.fixture(autouse=True)
def _utf8_for_the_peer(monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dfile.encoding=UTF-8")


@needs_java
def test_ptb_tokens_equal_the_peer():
    texts = list(peer_tokens())
    assert len(texts) > 5_000
    for text, tokens in zip(texts, store().get("ptb", texts), strict=True):
        assert list(tokens) == peer_tokens()[text].split(), repr(text)


def peer_bleu(rows):
    references = {i: [peer_tokens()[ref] for ref in refs] for i, (_, refs) in enumerate(rows)}
    hypotheses = {i: [peer_tokens()[text]] for i, (text, _) in enumerate(rows)}
    corpus, segments = PeerBleu(4).compute_score(references, hypotheses, verbose=0)
    return np.array(corpus), np.array(segments)


@needs_java
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_equals_the_peer(order):
    rows = pairs()
    assert len(rows) > 2_800
    corpus, segments = peer_bleu(rows)
    metric = parse_metric(f"bleu-{order}")
    stats = metric.statistics(batch(rows))
    assert stats.shape == (len(rows), 2 * order + 2)
    np.testing.assert_allclose(metric.score(stats), segments[order - 1], rtol=1e-12, atol=0)
    assert metric.score(stats.sum(axis=0)) == pytest.approx(corpus[order - 1], rel=1e-13)


@needs_java
@pytest.mark.parametrize("seed", range(5))
def test_bleu_of_parts_of_the_corpus_equals_the_peer(seed):
    rows = random.Random(seed).sample(pairs(), k=random.Random(seed).choice([1, 2, 7, 40]))
    corpus, _ = peer_bleu(rows)
    for order in (1, 2, 3, 4):
        metric = parse_metric(f"bleu-{order}")
        value = metric.score(metric.statistics(batch(rows)).sum(axis=0))
        assert value == pytest.approx(corpus[order - 1], rel=1e-12)


SHORT = [
    ("a b", ("a b",)),
    ("", ("a b",)),
    ("a", ("b",)),
    (".", ("...",)),
    ("", (".",)),
    ("a", ("a b c", "d e")),
    ("a b c", ("a b", "a b c d")),
    ("a a a a a a", ("a a a", "a a b b")),
    ("a b c d e", ("a b c d e", "a b c d e")),
]


@pytest.mark.parametrize("rows", [*([row] for row in SHORT), SHORT], ids=str)
def test_bleu_of_hard_cases_equals_the_peer(rows):
    """With tokens split at white space, so that no tokenizer stands between."""
    keep = {".": "", "...": ""}
    rows = [
        (keep.get(text, text), tuple(keep.get(r, r) or " " for r in refs)) for text, refs in rows
    ]
    references = {i: list(refs) for i, (_, refs) in enumerate(rows)}
    hypotheses = {i: [text] for i, (text, _) in enumerate(rows)}
    corpus, segments = PeerBleu(4).compute_score(references, hypotheses, verbose=0)
    for order in (1, 2, 3, 4):
        metric = parse_metric(f"bleu-{order}(tok=whitespace)")
        stats = metric.statistics(batch(rows))
        np.testing.assert_allclose(metric.score(stats), segments[order - 1], rtol=1e-12, atol=0)
        assert metric.score(stats.sum(axis=0)) == pytest.approx(corpus[order - 1], rel=1e-12)


def test_a_missing_text_scores_as_the_empty_one_and_no_reference_is_left_out():
    texts = Batch(("1", "2", "3"), ("a b c d e", None, "x y"), (("a b c d e",), ("f g",), ()))
    empty = Batch(("1", "2"), ("a b c d e", ""), (("a b c d e",), ("f g",)))
    for metric in map(parse_metric, ("bleu-4(tok=words)", "rouge-l")):
        whole = metric.statistics(texts)
        np.testing.assert_array_equal(whole[:2], metric.statistics(empty))
        assert not whole[2].any()
        assert metric.score(whole.sum(axis=0)) < 1
    assert texts.has_reference().tolist() == [True, True, False]


def test_rouge_l_equals_the_peer():
    rows = pairs()
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    expected = [scorer.score_multi(refs, text)["rougeL"].fmeasure for text, refs in rows]
    metric = parse_metric("rouge-l")
    assert metric.values(batch(rows)).tolist() == expected
    value = metric.score(metric.statistics(batch(rows)).sum(axis=0))
    assert value == pytest.approx(np.mean(expected), rel=1e-13)


@needs_java
def test_the_peers_are_not_imported_by_the_metrics():
    code = (
        "import sys; from showcase_bench.metrics import Batch, parse_metric;"
        "b = Batch(('1',), ('a',), (('a',),));"
        "parse_metric('bleu-1').statistics(b);"
        "print([m for m in sys.modules if m.startswith(('pycocoevalcap', 'rouge_score', 'nltk'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
