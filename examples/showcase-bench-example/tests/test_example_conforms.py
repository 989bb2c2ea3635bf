"""The model and the metric keep their contracts, and do what they are for."""

import numpy as np
import pytest
from showcase_bench_example.metric import LengthGap
from showcase_bench_example.model import WordMatch

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch
from showcase_bench.testing import check_metric, check_model


@pytest.mark.parametrize("model", [WordMatch, lambda: WordMatch(count=1)])
def test_the_model_keeps_the_contract(model):
    check_model(model)


@pytest.mark.parametrize("metric", [LengthGap, LengthGap(most=3)])
def test_the_metric_keeps_the_contract(metric):
    check_metric(metric)


def test_gaps_by_hand():
    batch = Batch(
        ("a", "b", "c", "d"),
        ("one two", "one two three four", "", None),
        (("x y",), ("x", "x y z"), ("x",), ("x",)),
    )
    stats = LengthGap().statistics(batch)
    np.testing.assert_allclose(stats[:, 0], [0, 0.25, 1, 1])
    assert float(LengthGap(most=2).score(stats.sum(axis=0))) == pytest.approx(2.25 / 4)


def test_an_impossible_parameter_is_refused():
    with pytest.raises(UsageError, match="whole number from 1"):
        LengthGap(most=0)
