"""Every registered metric keeps the contract that strangers are held to."""

from __future__ import annotations

import pytest

from showcase_bench.metrics import METRICS
from showcase_bench.testing import check_metric

OURS = [name for name in METRICS if METRICS.registration(name).target.startswith("showcase_bench.")]


@pytest.mark.parametrize("name", OURS)
def test_it_conforms(name, meteor_cache):
    check_metric(name, cache=meteor_cache)


@pytest.mark.parametrize("spec", ["precision@5", "bleu-4(tok=words)", "rouge-l(stem=true)"])
def test_with_parameters_too(spec):
    check_metric(spec)


def test_there_are_metrics_to_check():
    assert {"precision", "bleu-4", "distinct-2", "div", "history-lift"} <= set(OURS)
