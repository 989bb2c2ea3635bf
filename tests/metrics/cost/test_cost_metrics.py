"""Cost metrics read the timings of the run, and have no value where there is none."""

import dataclasses
import math

import numpy as np
import pytest

from showcase_bench.metrics import Batch
from showcase_bench.metrics.cost.size import Parameters, PeakMemory
from showcase_bench.metrics.cost.timed import (
    FitSeconds,
    LatencyP50,
    LatencyP95,
    PredictSeconds,
    Throughput,
)
from showcase_bench.types import Timings

TIMINGS = Timings(
    fit_seconds=1.5,
    predict_seconds=4.0,
    examples_per_second=25.0,
    latency_p50_ms=38.0,
    latency_p95_ms=71.0,
    peak_rss_mib=512.25,
    parameters=123_456_789,
)
EXPECTED = [
    (FitSeconds(), "fit-seconds", 1.5, "seconds", False),
    (PredictSeconds(), "predict-seconds", 4.0, "seconds", False),
    (Throughput(), "throughput", 25.0, "per second", True),
    (LatencyP50(), "latency-p50", 38.0, "milliseconds", False),
    (LatencyP95(), "latency-p95", 71.0, "milliseconds", False),
    (Parameters(), "parameters", 123_456_789.0, "count", False),
    (PeakMemory(), "peak-memory", 512.25, "MiB", False),
]
METRICS = [row[0] for row in EXPECTED]


def batch_of(n, timings):
    return Batch(tuple(map(str, range(n))), (None,) * n, ((),) * n, timings=timings)


@pytest.mark.parametrize(("metric", "name", "value", "scale", "higher"), EXPECTED)
@pytest.mark.parametrize("n", [1, 7])
def test_each_reads_its_own_number(metric, name, value, scale, higher, n):
    batch = batch_of(n, TIMINGS)
    stats = metric.statistics(batch)
    assert stats.shape == (n, 2)
    assert float(metric.score(stats.sum(axis=0))) == value
    assert metric.scored(batch).tolist() == [True] * n
    assert metric.influence(stats).tolist() == [0.0] * n
    assert metric.name == name
    assert metric.signature.startswith(f"{name}|")
    assert (metric.scale, metric.higher_is_better, metric.group) == (scale, higher, "cost")


@pytest.mark.parametrize("metric", METRICS, ids=str)
@pytest.mark.parametrize(("n", "timings"), [(3, None), (0, TIMINGS), (0, None)])
def test_no_value_without_timings_or_examples(metric, n, timings):
    batch = batch_of(n, timings)
    stats = metric.statistics(batch)
    assert stats.shape == (n, 2)
    assert math.isnan(metric.score(stats.sum(axis=0)))
    assert not metric.scored(batch).any()
    assert metric.influence(stats).shape == (n,)


def test_what_was_not_recorded_has_no_value():
    unsaid = dataclasses.replace(
        TIMINGS, parameters=None, predict_seconds=0.0, examples_per_second=0.0
    )
    for metric in (Parameters(), Throughput()):
        stats = metric.statistics(batch_of(2, unsaid))
        assert stats.tolist() == [[0, 0], [0, 0]]
        assert np.isnan(metric.score(stats.sum(axis=0)))
    for metric in (Parameters(), FitSeconds()):
        zero = dataclasses.replace(TIMINGS, parameters=0, fit_seconds=0.0)
        assert metric.statistics(batch_of(1, zero)).tolist() == [[0, 1]]


def test_every_field_of_the_timings_has_its_metric():
    read = {
        name
        for name in (field.name for field in dataclasses.fields(Timings))
        for metric in METRICS
        if metric.value(TIMINGS) != metric.value(dataclasses.replace(TIMINGS, **{name: 9.0}))
    }
    assert read == {field.name for field in dataclasses.fields(Timings)} - {"measured"}


def test_names_and_signatures_differ():
    assert len({str(metric) for metric in METRICS}) == len(METRICS)
    assert str(LatencyP50()) == "latency-p50|over:batches|v:1"
