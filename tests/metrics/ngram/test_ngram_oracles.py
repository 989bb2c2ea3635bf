"""BLEU, ROUGE, CIDEr and NIST against the packages that define them, on texts that hurt."""

import json
import math
import random
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from nltk.translate.nist_score import corpus_nist
from pycocoevalcap.bleu.bleu import Bleu as PeerBleu
from pycocoevalcap.cider.cider import Cider as PeerCider
from pycocoevalcap.rouge.rouge import Rouge as PeerRougeL
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU as PeerSacreBleu

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, TextTable, parse_metric
from showcase_bench.metrics.text.corpus import TextCorpus
from tests.texts import hard_corpus

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
TOLERANCE = 1e-9
TABLE = TextTable()
HARD, E2E, GEST = "hard", "e2e", "gest"
CORPORA = (HARD, E2E, GEST)
ORDERS = (1, 2, 3, 4)


def e2e_pairs():
    path, draw = DATA / "e2e_nlg" / "e2e_test_aligned.jsonl", random.Random(5)
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            system = draw.choice(sorted(row["outputs"]))
            yield row["outputs"][system], row["references"]


def gest_pairs():
    path = DATA / "gest_like" / "gest_like.json"
    if path.is_file():
        rows = [row for split in json.loads(path.read_text("utf-8")).values() for row in split]
        for one, other in pairwise(rows):
            if one["review_text"]:
                yield other["review_text"][:400], [one["review_text"]]


@cache
def pairs(corpus):
    """Pairs of a text and one or more references."""
    made = {
        HARD: lambda: hard_corpus(2500, seed=11),
        E2E: lambda: list(e2e_pairs()),
        GEST: lambda: list(gest_pairs()),
    }[corpus]()
    if not made:
        pytest.skip("the data are not beside the checkout")
    return [(text, tuple(references)) for text, references in made]


def batch(rows, **more):
    return Batch(
        ids=tuple(f"q{i}" for i in range(len(rows))),
        hypotheses=tuple(text for text, _ in rows),
        references=tuple(references for _, references in rows),
        table=TABLE,
        **more,
    )


@cache
def batch_of(corpus):
    return batch(pairs(corpus))


def value(metric, of):
    return float(metric.score(metric.statistics(of).sum(axis=0)))


def require_equal(name, found, expected):
    """Print the largest difference; it must not exceed the tolerance."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape
    largest = float(np.abs(found - expected).max())
    print(f"{name}: {found.size} numbers, largest difference {largest:.1e}")  # noqa: T201
    assert largest <= TOLERANCE


def captions(of):
    """What the tokenizer of the captioning metrics gives the peers: tokens joined by spaces."""
    return (
        {i: [" ".join(tokens)] for i, tokens in enumerate(of.hypothesis_tokens("ptb-line"))},
        {
            i: [" ".join(tokens) for tokens in references]
            for i, references in enumerate(of.reference_tokens("ptb-line"))
        },
    )


@pytest.mark.parametrize("corpus", CORPORA)
def test_bleu_equals_pycocoevalcap(corpus):
    texts, references = captions(batch_of(corpus))
    whole, segments = PeerBleu(4).compute_score(references, texts, verbose=0)
    for order in ORDERS:
        metric = parse_metric(f"bleu-{order}")
        stats = metric.statistics(batch_of(corpus))
        assert stats.shape == (len(texts), 2 * order + 2)
        require_equal(
            f"{metric.name} of {corpus}", value(metric, batch_of(corpus)), whole[order - 1]
        )
        require_equal(f"{metric.name} segments", metric.score(stats), segments[order - 1])


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_metrics_of_small_corpora_equal_pycocoevalcap(size):
    rows = random.Random(size).sample(pairs(HARD), k=size)
    small = batch(rows)
    texts, references = captions(small)
    whole, _ = PeerBleu(4).compute_score(references, texts, verbose=0)
    for order in ORDERS:
        require_equal("bleu", value(parse_metric(f"bleu-{order}"), small), whole[order - 1])
    require_equal("cider-d", parse_metric("cider-d").values(small), peer_cider(small))


@pytest.mark.parametrize("corpus", CORPORA)
def test_coco_rouge_l_equals_pycocoevalcap(corpus):
    texts, references = captions(batch_of(corpus))
    mean, each = PeerRougeL().compute_score(references, texts)
    metric = parse_metric("coco-rouge-l")
    require_equal(f"coco-rouge-l of {corpus}", metric.values(batch_of(corpus)), each)
    require_equal("its mean", value(metric, batch_of(corpus)), mean)


def peer_cider(of):
    texts, references = captions(of)
    _, each = PeerCider().compute_score(references, texts)
    return each


@pytest.mark.parametrize("corpus", CORPORA)
def test_cider_d_equals_pycocoevalcap(corpus):
    metric, expected = parse_metric("cider-d"), peer_cider(batch_of(corpus))
    require_equal(f"cider-d of {corpus}", metric.values(batch_of(corpus)), expected)
    require_equal("its mean", value(metric, batch_of(corpus)), expected.mean())


STEMMED = {HARD: 600, E2E: 80, GEST: 120}


@pytest.mark.parametrize("stem", [False, True])
@pytest.mark.parametrize("corpus", CORPORA)
def test_rouge_equals_rouge_score(corpus, stem):
    units = {"1": "rouge1", "2": "rouge2", "3": "rouge3", "4": "rouge4", "l": "rougeL"}
    scorer = RougeScorer(list(units.values()), use_stemmer=stem)
    rows = pairs(corpus)[: STEMMED[corpus] if stem else None]  # The peer stems slowly.
    of = batch(rows)
    expected = [scorer.score_multi(references, text) for text, references in rows]
    for unit, peer in units.items():
        metric = parse_metric(f"rouge-{unit}(stem={str(stem).lower()})")
        of_peer = np.array([one[peer].fmeasure for one in expected])
        require_equal(f"{metric.name} of {corpus}", metric.values(of), of_peer)
        require_equal("its mean", value(metric, of), of_peer.mean())


@pytest.mark.parametrize("corpus", CORPORA)
def test_nist_equals_nltk(corpus):
    of = batch_of(corpus)
    expected = corpus_nist(of.reference_tokens("ptb"), of.hypothesis_tokens("ptb"), n=5)
    require_equal(f"nist-5 of {corpus}", value(parse_metric("nist-5"), of), expected)


def test_nist_of_one_segment_after_another_equals_nltk():
    compared = 0
    for text, references in pairs(HARD)[:400]:
        one = batch([(text, references)])
        try:
            expected = corpus_nist(one.reference_tokens("ptb"), one.hypothesis_tokens("ptb"), n=5)
        except ZeroDivisionError:
            continue  # Fewer than five tokens, or none in the references.
        compared += 1
        assert value(parse_metric("nist-5"), one) == pytest.approx(expected, abs=TOLERANCE)
    assert compared > 200


@pytest.mark.parametrize(
    ("text", "references", "expected"),
    [
        ("", ("a b c d e",), 0.0),
        ("a b", ("a b",), 1.0),
        ("a b c", ("",), 0.0),
        ("", ("",), 0.0),
    ],
)
def test_nist_where_nltk_divides_by_zero(text, references, expected):
    one = batch([(text, references)])
    with pytest.raises((ZeroDivisionError, ValueError)):
        corpus_nist(one.reference_tokens("words"), one.hypothesis_tokens("words"), n=5)
    assert value(parse_metric("nist-5(tok=words)"), one) == pytest.approx(expected, abs=1e-12)


TOKENIZERS = ("13a", "intl", "char", "none", "zh")
FORMS = [
    *(f"tok={tok},lc={lc}" for tok in TOKENIZERS for lc in ("true", "false")),
    *(f"smooth={smooth}" for smooth in ("exp", "floor", "add-k", "none")),
    "eff=true",
    "eff=true,smooth=floor",
    "eff=true,smooth=add-k,tok=char",
    "lc=true,smooth=none,tok=intl",
]


def peer_sacrebleu(metric):
    """The peer with the same parameters."""
    return PeerSacreBleu(
        lowercase=metric.lc,
        tokenize=metric.tok or "none",
        smooth_method=metric.smooth or "none",
        effective_order=metric.eff,
        force=True,
    )


def streams(rows):
    """References as sacreBLEU wants them: the first of each, the second of each, ..."""
    most = max(len(references) for _, references in rows)
    return [
        [references[i] if i < len(references) else None for _, references in rows]
        for i in range(most)
    ]


@cache
def peer_counts(tok, lc):
    """What sacreBLEU counts in the hard texts, in fewer of them with its rarer tokenizers."""
    rows = pairs(HARD)[: 800 if lc or tok != "13a" else None]
    peer = PeerSacreBleu(lowercase=lc, tokenize=tok, force=True)
    return rows, peer.corpus_score([text for text, _ in rows], streams(rows))


def peer_formula(metric, matches, ngrams, length, reference):
    return PeerSacreBleu.compute_bleu(
        [int(one) for one in matches],
        [int(one) for one in ngrams],
        int(length),
        int(reference),
        smooth_method=metric.smooth or "none",
        effective_order=metric.eff,
    ).score


@pytest.mark.parametrize("form", FORMS)
def test_sacrebleu_equals_the_peer(form):
    metric = parse_metric(f"sacrebleu({form})")
    rows, peer = peer_counts(metric.tok or "none", metric.lc)
    stats = metric.statistics(batch(rows))
    sums = stats.sum(axis=0)
    assert sums[:10].tolist() == [*peer.counts, *peer.totals, peer.sys_len, peer.ref_len]
    expected = peer_formula(metric, peer.counts, peer.totals, peer.sys_len, peer.ref_len)
    if (metric.smooth, metric.eff) == ("exp", False):
        assert expected == peer.score
    require_equal(f"{metric.name} of {len(rows)}", float(metric.score(sums)), expected)
    segments = [peer_formula(metric, row[:4], row[4:8], row[8], row[9]) for row in stats[:800]]
    require_equal("from rows", metric.score(stats[:800]), segments)


@pytest.mark.parametrize("smooth", ["exp", "floor", "add-k", "none"])
def test_sacrebleu_of_a_sentence_equals_the_peer(smooth):
    metric, rows = parse_metric(f"sacrebleu(eff=true,smooth={smooth})"), pairs(HARD)[:400]
    peer = peer_sacrebleu(metric)
    stats = metric.statistics(batch(rows))
    expected = [peer.sentence_score(text, list(references)) for text, references in rows]
    require_equal(f"sentences, {smooth}", metric.score(stats), [one.score for one in expected])
    for row, one in zip(stats.tolist(), expected, strict=True):
        if smooth != "add-k":
            assert row[:8] == [*one.counts, *one.totals]
        assert row[8:10] == [one.sys_len, one.ref_len]


@pytest.mark.parametrize("corpus", [E2E, GEST])
def test_sacrebleu_of_real_texts_equals_the_peer(corpus):
    metric, rows = parse_metric("sacrebleu"), pairs(corpus)
    expected = peer_sacrebleu(metric).corpus_score([text for text, _ in rows], streams(rows))
    require_equal(f"sacrebleu of {corpus}", value(metric, batch_of(corpus)), expected.score)


SHORT = [
    ("a b", ("a b",)),
    ("", ("a b",)),
    ("a", ("b",)),
    ("", ("",)),
    ("a b", ("",)),
    ("a", ("a b c", "d e")),
    ("a b c", ("a b", "a b c d")),
    ("a a a a a a", ("a a a", "a a b b")),
    ("a b c d e", ("a b c d e", "a b c d e")),
    ("a b a b a b a b", ("a b a b",)),
]
SETS = [*([row] for row in SHORT), SHORT]


@pytest.mark.parametrize("rows", SETS, ids=str)
def test_bleu_of_short_texts_equals_both_peers(rows):
    references = {i: list(known) for i, (_, known) in enumerate(rows)}
    texts = {i: [text] for i, (text, _) in enumerate(rows)}
    whole, segments = PeerBleu(4).compute_score(references, texts, verbose=0)
    for order in ORDERS:
        metric = parse_metric(f"bleu-{order}(tok=whitespace)")
        assert value(metric, batch(rows)) == pytest.approx(whole[order - 1], rel=1e-12)
        stats = metric.statistics(batch(rows))
        np.testing.assert_allclose(metric.score(stats), segments[order - 1], rtol=1e-12, atol=0)
    for form in ("smooth=exp", "smooth=floor", "smooth=add-k", "smooth=none", "eff=true"):
        metric = parse_metric(f"sacrebleu({form})")
        peer = peer_sacrebleu(metric).corpus_score([text for text, _ in rows], streams(rows))
        assert value(metric, batch(rows)) == pytest.approx(peer.score, abs=TOLERANCE), form


@pytest.mark.parametrize("rows", SETS, ids=str)
def test_other_metrics_of_short_texts_equal_their_peers(rows):
    texts = {i: [text] for i, (text, _) in enumerate(rows)}
    references = {i: list(known) for i, (_, known) in enumerate(rows)}
    of = batch(rows)
    _, each = PeerRougeL().compute_score(references, texts)
    found = parse_metric("coco-rouge-l(tok=whitespace)").values(of)
    np.testing.assert_allclose(found, each, atol=1e-15)
    found = parse_metric("cider-d(tok=whitespace)").values(of)
    if not any(any(known) for _, known in rows):
        assert not found.any()  # The peer raises where the references hold no word at all.
        return
    _, each = PeerCider().compute_score(references, texts)
    np.testing.assert_allclose(found, each, atol=1e-12)


def test_known_values_of_short_texts():
    same = batch([("a b", ("a b",))])
    assert value(parse_metric("bleu-4(tok=words)"), same) == pytest.approx(1e-3, rel=0.01)
    assert value(parse_metric("sacrebleu"), same) == 0
    assert value(parse_metric("sacrebleu(eff=true)"), same) == pytest.approx(100)
    assert value(parse_metric("coco-rouge-l(tok=words)"), batch([("", ("",))])) == 1
    both = batch([("a b c d", ("a b x y", "p c d q"))])
    assert value(parse_metric("rouge-l"), both) == pytest.approx(0.5)
    apart = batch([("a b c d", ("a", "a b x x x x x x"))])
    metric = parse_metric("coco-rouge-l(tok=words)")
    alone = [value(metric, batch([("a b c d", (one,))])) for one in ("a", "a b x x x x x x")]
    assert value(metric, apart) > max(alone)


def test_a_reference_that_other_examples_lack_is_not_a_reference():
    """What sacreBLEU does with None in a stream, we do with references of unequal number."""
    rows = [("a b c d e f", ("a b c d x y",)), ("g h i j k", ("g h i j l", "g h i j k m", "g"))]
    expected = PeerSacreBleu().corpus_score([text for text, _ in rows], streams(rows)).score
    assert value(parse_metric("sacrebleu"), batch(rows)) == pytest.approx(expected, abs=TOLERANCE)


REFERENCE_BASED = [
    "bleu-1", "bleu-4", "sacrebleu", "sacrebleu(eff=true,smooth=floor)", "rouge-1", "rouge-l",
    "rouge-2(stem=true)", "coco-rouge-l", "cider", "cider-d", "nist-5",
]  # fmt: skip


@pytest.mark.parametrize("name", REFERENCE_BASED)
def test_examples_without_a_reference_are_left_out(name):
    """Where the peers raise, or give a number for them."""
    metric, rows = parse_metric(name), pairs(HARD)[:60]
    with_gaps = [one for row in rows for one in (row, (row[0], ()))]
    stats, alone = metric.statistics(batch(with_gaps)), metric.statistics(batch(rows))
    np.testing.assert_array_equal(stats[::2], alone)
    assert not stats[1::2].any()
    assert not metric.scored(batch(with_gaps))[1::2].any()
    assert math.isnan(value(metric, batch([(row[0], ()) for row in rows])))


@pytest.mark.parametrize("name", REFERENCE_BASED)
def test_a_missing_text_counts_as_the_empty_one(name):
    metric = parse_metric(name)
    rows = [*pairs(HARD)[:30], ("", ("good pizza here",))]
    stats = metric.statistics(batch(rows))
    rows[-1] = (None, rows[-1][1])
    np.testing.assert_array_equal(metric.statistics(batch(rows)), stats)
    assert not metric.scored(batch(rows))[-1]


@pytest.mark.parametrize("name", ["coco-rouge-l", "rouge-1"])
def test_a_missing_text_against_an_empty_reference_scores_0(name):
    assert value(parse_metric(name), batch([(None, ("",))])) == 0


def grams(tokens, order):
    return Counter(tokens[i : i + order] for i in range(len(tokens) - order + 1))


def brute_cider(texts, references, corpus):
    """Vedantam et al. 2015, equations 1 to 3, without stems."""
    found = np.zeros(len(texts))
    for order in ORDERS:
        frequency = Counter(
            gram for known in corpus for gram in {g for one in known for g in grams(one, order)}
        )

        def vector(tokens, frequency=frequency, order=order):
            return {
                gram: count * math.log(len(corpus) / max(frequency[gram], 1))
                for gram, count in grams(tokens, order).items()
            }

        for i, (text, known) in enumerate(zip(texts, references, strict=True)):
            one = vector(text)
            for other in map(vector, known):
                product = sum(weight * other.get(gram, 0.0) for gram, weight in one.items())
                norms = math.sqrt(sum(w * w for w in one.values()))
                norms *= math.sqrt(sum(w * w for w in other.values()))
                found[i] += 10 / 4 * (product / norms if norms else 0.0) / len(known)
    return found


@pytest.mark.parametrize("corpus", [HARD, E2E])
def test_cider_equals_its_definition(corpus):
    of = batch(pairs(corpus)[:600])
    references = of.reference_tokens("ptb")
    expected = brute_cider(of.hypothesis_tokens("ptb"), references, references)
    require_equal(f"cider of {corpus}", parse_metric("cider").values(of), expected)


@pytest.mark.parametrize("corpus", CORPORA)
def test_repeating_a_text_costs_in_cider_d_and_hardly_in_cider(corpus):
    """Repetition doubles the counts, which the cosine forgives and clipping and length do not."""
    rows = [(references[0], references) for _, references in pairs(corpus)[:300]]
    twice = [(f"{text} {text}", references) for text, references in rows]
    gain = {}
    for name in ("cider", "cider-d"):
        once, again = (value(parse_metric(name), batch(one)) for one in (rows, twice))
        gain[name] = again / once
    assert gain["cider"] > 0.7
    assert gain["cider-d"] < 0.5


def test_repeating_a_text_may_raise_cider():
    """The second time adds what the reference repeats; clipping by it cannot."""
    known = [("a b a b", "c d e f"), ("x y z u", "v w r s"), ("k l m n", "o p q t")]
    once = [("a b", known[0]), *((one[0], one) for one in known[1:])]
    twice = [("a b a b", known[0]), *once[1:]]
    metrics = [parse_metric(f"{name}(tok=words)") for name in ("cider", "cider-d")]
    for metric in metrics:
        assert metric.values(batch(twice))[0] > metric.values(batch(once))[0]
    long = [("a b a b a b a b a b a b a b a b a b", known[0]), *once[1:]]
    plain, clipped = (m.values(batch(long))[0] / m.values(batch(twice))[0] for m in metrics)
    assert plain > 0.6
    assert clipped < 0.3


WEIGHTED = ["cider", "cider-d", "nist-5"]


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_come_from_the_corpus_and_not_from_the_batch(name):
    rows = pairs(HARD)[:300]
    corpus = TextCorpus(tuple(references for _, references in rows))
    metric = parse_metric(name).bind(corpus)
    whole = metric.statistics(batch(rows, corpus=corpus))
    for kept in (slice(0, 1), slice(40, 120), slice(299, None), slice(None, None, -1)):
        part = batch(rows[kept], corpus=corpus)
        np.testing.assert_allclose(metric.statistics(part), whole[kept], rtol=1e-13, atol=1e-13)
    assert not np.allclose(metric.statistics(batch(rows[40:120])), whole[40:120])
    fresh = batch(rows[40:120], corpus=corpus)
    fresh = Batch(fresh.ids, fresh.hypotheses, fresh.references, corpus=corpus)
    np.testing.assert_allclose(metric.statistics(fresh), whole[40:120], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", WEIGHTED)
def test_the_signature_carries_the_key_of_the_corpus(name):
    corpus, other = (TextCorpus(((text,),)) for text in ("a", "b"))
    metric = parse_metric(name)
    field = metric.corpus_field
    bound = metric.bind(corpus)
    assert f"|{field}:none|" in metric.signature
    assert f"|{field}:{corpus.key}|" in bound.signature
    assert parse_metric(bound.signature) == bound
    assert bound.name == metric.name == name
    assert bound.bind(corpus) == bound
    with pytest.raises(UsageError, match=f"{corpus.key}.*{other.key}") as caught:
        bound.bind(other)
    assert field in str(caught.value)


def test_a_single_example_scores_0_in_cider_and_texts_below_four_tokens_stay_below_10():
    assert value(parse_metric("cider"), batch([("a b c d", ("a b c d",))])) == 0
    rows = [("a b", ("a b",)), ("c d e f", ("c d e f",))]
    values = parse_metric("cider-d(tok=words)").values(batch(rows))
    assert values == pytest.approx([5, 10])


def test_no_peer_is_imported_by_the_metrics():
    code = (
        "import sys\n"
        "from showcase_bench.metrics import Batch, parse_metric\n"
        "b = Batch(('1',), ('a b',), (('a b',),))\n"
        f"for name in {REFERENCE_BASED!r}: parse_metric(name).statistics(b)\n"
        "peers = ('pycocoevalcap', 'rouge_score', 'nltk', 'sacrebleu')\n"
        "print([m for m in sys.modules if m.startswith(peers)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
