"""The golden examples: a value for every metric, equal to that of the peer where there is one."""

import copy
import math

import numpy as np
import pytest
from nltk.translate.nist_score import corpus_nist
from pycocoevalcap.bleu.bleu import Bleu as PeerBleu
from pycocoevalcap.cider.cider import Cider as PeerCider
from pycocoevalcap.rouge.rouge import Rouge as PeerRougeL
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF, TER

from showcase_bench.errors import MissingDependencyError, UsageError
from showcase_bench.evaluate.golden import encoded_golden_batch
from showcase_bench.metrics import METRICS, golden, parse_metric
from showcase_bench.metrics.golden import (
    check_golden,
    compute_golden,
    golden_batch,
    own_metrics,
)
from showcase_bench.metrics.text.corpus import TextCorpus

BATCH = golden_batch()
CORPORA = (
    TextCorpus(BATCH.references),
    TextCorpus(tuple((text,) for text in BATCH.training)),
)
TEXTS = [text or "" for text in BATCH.hypotheses]


@pytest.fixture
def encoded(meteor_cache, loaded_encoders):
    """Make the golden batch as the machine sees it, from what is stored by then."""
    return lambda: encoded_golden_batch(meteor_cache)


def stored():
    return golden._stored()


def golden_value(name):
    return stored()["scores"][parse_metric(name).bind(*CORPORA).signature]


def test_every_own_metric_has_a_value_and_no_other(encoded):
    assert set(stored()["scores"]) == set(compute_golden(encoded()))
    assert all(math.isfinite(value) for value in stored()["scores"].values())


def test_own_metrics_are_those_of_this_distribution():
    names = {one.name.partition("@")[0] for one in own_metrics()}
    origins = {name: METRICS.registration(name).distribution for name in METRICS}
    assert names == {name for name, origin in origins.items() if origin == "showcase-bench"}


def test_what_is_computed_here_is_what_is_stored(encoded):
    batch, expected = encoded(), stored()["scores"]
    found = compute_golden(batch)
    assert found.keys() == expected.keys()
    for metric in own_metrics():
        signature = golden._bind(metric, batch).signature
        most = golden.NEURAL_TOLERANCE if "embeddings" in metric.needs else golden.TOLERANCE
        assert found[signature] == pytest.approx(expected[signature], rel=most, abs=most)


def test_the_examples_have_something_of_everything():
    assert None in BATCH.hypotheses
    assert "" in BATCH.hypotheses
    assert any(not one.isascii() for one in TEXTS)
    assert any(len(references) > 1 for references in BATCH.references)
    assert all(BATCH.references)
    assert len(set(TEXTS)) < len(TEXTS)
    assert len(BATCH.training) > 1
    assert BATCH.timings is not None
    assert len(set(BATCH.ids)) == len(BATCH)
    assert all(
        set(shown) <= set(pool) for shown, pool in zip(BATCH.selected, BATCH.pools, strict=True)
    )


@pytest.mark.parametrize(
    "name", [name for name in METRICS if name.startswith(("bleu", "distinct"))]
)
def test_no_value_is_one_that_anything_would_give(name):
    assert golden_value(name) not in (0.0, 1.0)


def captions():
    return (
        {i: [" ".join(tokens)] for i, tokens in enumerate(BATCH.hypothesis_tokens("ptb-line"))},
        {
            i: [" ".join(tokens) for tokens in references]
            for i, references in enumerate(BATCH.reference_tokens("ptb-line"))
        },
    )


def streams():
    most = max(map(len, BATCH.references))
    return [[(*one, *[None] * most)[i] for one in BATCH.references] for i in range(most)]


def attempted_mean(values):
    """A missing prediction scores 0, not what its empty text would."""
    return float(np.where(BATCH.has_text, values, 0.0).mean())


def test_captioning_metrics_equal_pycocoevalcap():
    texts, references = captions()
    bleu, _ = PeerBleu(4).compute_score(references, texts, verbose=0)
    for order in (1, 2, 3, 4):
        assert golden_value(f"bleu-{order}") == pytest.approx(bleu[order - 1], abs=1e-12)
    _, each = PeerRougeL().compute_score(references, texts)
    assert golden_value("coco-rouge-l") == pytest.approx(attempted_mean(each), abs=1e-12)
    _, each = PeerCider().compute_score(references, texts)
    assert golden_value("cider-d") == pytest.approx(attempted_mean(each), abs=1e-12)


def test_rouge_equals_rouge_score():
    scorer = RougeScorer(["rouge1", "rouge2", "rouge3", "rouge4", "rougeL"], use_stemmer=False)
    scores = [
        scorer.score_multi(references, text)
        for text, references in zip(TEXTS, BATCH.references, strict=True)
    ]
    for unit in "1234L":
        each = [one[f"rouge{unit}"].fmeasure for one in scores]
        expected = attempted_mean(each)
        assert golden_value(f"rouge-{unit.lower()}") == pytest.approx(expected, abs=1e-12)


def test_nist_equals_nltk():
    expected = corpus_nist(BATCH.reference_tokens("ptb"), BATCH.hypothesis_tokens("ptb"), n=5)
    assert golden_value("nist-5") == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("sacrebleu", BLEU(force=True)),
        ("chrf", CHRF()),
        ("chrf++", CHRF(word_order=2)),
        ("ter", TER()),
    ],
)
def test_metrics_of_sacrebleu_equal_it(name, peer):
    expected = peer.corpus_score(TEXTS, streams()).score
    assert golden_value(name) == pytest.approx(expected, abs=1e-9)


@pytest.fixture
def checked(encoded, monkeypatch):
    """Check golden examples that are right but for what the function that is given changes."""

    def check(change):
        data = copy.deepcopy(golden._stored())
        data["scores"] = compute_golden(encoded())
        change(data)
        monkeypatch.setattr(golden, "_stored", lambda: data)
        return check_golden(encoded())

    return check


def problems(found):
    return {one.name: one.problem for one in found if one.problem is not None}


def test_all_is_well(checked):
    checked = checked(lambda data: None)
    assert [one.problem for one in checked] == [None] * len(checked)
    assert [one.name for one in checked] == [one.name for one in own_metrics()]
    assert all(one.found == one.expected for one in checked)


@pytest.mark.parametrize("factor", [1 + 1e-9, 0.0, -1.0])
def test_a_moved_number_is_named(checked, factor):
    signature = parse_metric("bleu-4").signature

    def change(data):
        data["scores"][signature] *= factor

    found = problems(checked(change))
    assert list(found) == ["bleu-4"]
    assert "in place of" in found["bleu-4"]


def test_a_moved_encoder_is_named(checked):
    def change(data):
        (one,) = (key for key in data["scores"] if key.startswith("bertscore-f1"))
        data["scores"][one] += 1e-3

    assert list(problems(checked(change))) == ["bertscore-f1"]


def test_without_embeddings_the_neural_metrics_cannot_run():
    for metric in own_metrics():
        if "embeddings" in metric.needs:
            with pytest.raises(UsageError, match="embeddings"):
                metric.statistics(BATCH)


def test_the_last_bits_may_differ(checked):
    def change(data):
        data["scores"] = {key: value * (1 + 1e-15) for key, value in data["scores"].items()}

    assert not problems(checked(change))


def test_a_metric_without_a_stored_value_is_named(checked):
    found = problems(checked(lambda data: data["scores"].pop(parse_metric("rouge-l").signature)))
    assert found == {"rouge-l": "the golden file has no value for this signature"}


def test_a_metric_that_gives_no_number_is_named(checked, monkeypatch):
    def change(data):
        monkeypatch.setattr(golden, "_value", lambda metric, batch: math.nan)

    found = checked(change)
    assert len(problems(found)) == len(found)


def test_what_is_not_installed_is_no_problem_and_the_others_are_checked(checked, monkeypatch):
    def fail(self, batch):
        raise MissingDependencyError("it needs a thing; install the thing")

    def change(data):
        monkeypatch.setattr(type(parse_metric("sacrebleu")), "statistics", fail)

    found = checked(change)
    assert not problems(found)
    missing = {one.name: one.missing for one in found if one.missing is not None}
    assert missing == {"sacrebleu": "it needs a thing; install the thing"}


def test_another_text_moves_the_numbers_of_text_metrics(checked):
    def change(data):
        data["examples"][0]["text"] += " Truly."

    found = problems(checked(change))
    assert {"bleu-4", "rouge-l", "cider-d", "nist-5", "sacrebleu", "clipscore"} <= set(found)
    assert "precision@3" not in found
