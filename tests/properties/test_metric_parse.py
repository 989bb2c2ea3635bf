"""Names, specs and signatures of metrics."""

from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import RegistryError, ShowcaseError, UsageError
from showcase_bench.metrics import METRICS, Metric, parse_metric
from showcase_bench.metrics.ngram.bleu import Bleu
from showcase_bench.metrics.ngram.cider import CiderD
from showcase_bench.metrics.ngram.nist import Nist
from showcase_bench.metrics.ngram.rouge import Rouge
from showcase_bench.metrics.ngram.sacrebleu import SacreBleu
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.ndcg import NDCG
from showcase_bench.metrics.selection.precision import Precision
from showcase_bench.metrics.set_diversity.div import Div

TOKENIZERS = st.sampled_from(["ptb", "words", "whitespace"])
NAMES = st.text(st.characters(exclude_characters="|'\"", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("bleu-4", Bleu(4)),
        ("bleu-1(tok=whitespace)", Bleu(1, "whitespace")),
        ("precision", Precision(3)),
        ("precision@5", Precision(5)),
        ("precision(k=5)", Precision(5)),
        ("ndcg", NDCG(3)),
        ("div@4(encoder='open_clip:ViT-B-32/openai')", Div(4, "open_clip:ViT-B-32/openai")),
        ("bleu-4|tok:ptb|case:lc|smooth:coco|refs:all|impl:sb|v:1", Bleu(4)),
        ("bleu-4|v:1|tok:ptb|impl:sb|refs:all|smooth:coco|case:lc", Bleu(4)),
        ("precision@3|rel:binary|v:1", Precision(3)),
    ],
)
def test_reads(text, metric):
    assert parse_metric(text) == metric


def test_signatures_are_as_published():
    assert str(Bleu(4)) == "bleu-4|tok:ptb|case:lc|smooth:coco|refs:all|impl:sb|v:1"
    assert str(Precision(3)) == "precision@3|rel:binary|v:1"
    assert str(Div(3)).startswith("div@3|encoder:color-layout|")


def test_the_default_cutoff_is_the_callers():
    assert parse_metric("ndcg", default_k=7) == NDCG(7)
    assert parse_metric("ndcg@2", default_k=7) == NDCG(2)
    assert parse_metric("bleu-4", default_k=7) == Bleu(4)


@given(order=st.integers(1, 4), tok=TOKENIZERS)
def test_bleu_round_trip(order, tok):
    assert parse_metric(str(Bleu(order, tok))) == Bleu(order, tok)


@pytest.mark.parametrize(
    "metric",
    [
        Bleu(2, "whitespace"),
        SacreBleu(tok=None, lc=True, smooth=None, eff=True),
        SacreBleu("intl"),
        Rouge("2", stem=True),
        CiderD("words", "0123456789ab"),
        CiderD(df="000000000001"),
        Nist(5, info="123456789012"),
        Nist(5, info="12345678e012"),
        Precision(12),
    ],
    ids=str,
)
def test_other_parameters_round_trip(metric):
    assert Metric.parse(str(metric)) == metric
    if metric.corpus_field is None:
        assert Metric.parse(metric.name) == metric


def test_names_show_what_differs_from_the_defaults():
    assert SacreBleu(tok=None).name == "sacrebleu(tok=none)"
    assert SacreBleu(lc=True, smooth="floor").name == "sacrebleu(lc=true,smooth=floor)"
    assert Rouge("l", stem=True).name == "rouge-l(stem=true)"
    assert CiderD(df="0123456789ab").name == "cider-d"
    assert Precision(5).name == "precision@5"


@given(k=st.integers(2, 10**6), encoder=NAMES)
def test_div_round_trip_for_any_encoder_name(k, encoder):
    assert parse_metric(str(Div(k, encoder))) == Div(k, encoder)


@given(st.text())
def test_nonsense_is_the_users_error_or_a_metric(text):
    with suppress(ShowcaseError):
        assert isinstance(parse_metric(text), Metric)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("blue-4", "bleu-4"),
        ("bleu-5", "bleu-4"),
    ],
)
def test_an_unknown_name_offers_the_nearest(text, says):
    with pytest.raises(RegistryError, match=says):
        parse_metric(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bleu-4(tok=word)", "Did you mean 'words'"),
        ("sacrebleu(tok=ptb)", "no tokenizer 'ptb'.*13a"),
        ("sacrebleu(smooth=expp)", "Did you mean 'exp'"),
        ("rouge-1(tok=ptb,stem=true)", r"ptb\+stem"),
        ("bleu-4(tok=3)", "unknown tokenizer"),
        ("bleu-4(order=2)", "no parameter 'order'.*tok"),
        ("bleu-4(tik=words)", "Did you mean 'tok'"),
        ("bleu-4@3", "no cutoff"),
        ("precision@0", "at least 1"),
        ("precision(k=2.5)", "at least 1"),
        ("precision(k=true)", "at least 1"),
        ("div@1", "at least 2"),
        ("div(encoder=none)", "encoder"),
        ("precision@3(k=3)", "twice"),
        ("precision@3|rel:graded|v:1", "rel:graded.*rel:binary"),
        ("precision@3|rel:binary|v:2", "v:2.*v:1"),
        ("precision@3|rel:binary", "lacks v:1"),
        ("precision@3|v:1", "lacks rel:binary"),
        ("precision@3|rel:binary|depth:9|v:1", "'depth'"),
        ("precision@3|rel:binary|rel:binary|v:1", "each key once"),
        ("precision@3|rel:binary|k:3|v:1", "twice"),
        ("precision|rel:binary|v:1", "needs the parameter 'k'"),
        ("precision(k=3)|rel:binary|v:1", "arguments"),
        ("precision@3|binary|v:1", "key:value"),
        ("bleu-4|case:lc|smooth:coco|refs:all|impl:sb|v:1", "lacks tok:ptb"),
        ("precision@03|rel:binary|v:1", "precision@3"),
    ],
)
def test_a_wrong_parameter_or_signature_says_what(text, says):
    with pytest.raises(UsageError, match=says):
        parse_metric(text)


@pytest.mark.parametrize("build", [lambda: Bleu(0), lambda: Bleu(5), lambda: Div(3, "a|b")])
def test_values_cannot_be_built_wrong(build):
    with pytest.raises(UsageError):
        build()


def test_the_registry_refuses_what_cannot_give_a_metric():
    check = METRICS._check
    for wrong in (3, "text", dict, partial(dict), SelectionMetric):
        assert check(wrong)
    for right in (Precision, partial(Bleu, order=2), lambda: Bleu(4)):
        assert check(right) is None
