"""Metrics: immutable values that turn predictions into rows of statistics and rows into a score."""

from __future__ import annotations

from showcase_bench.metrics.base import Metric
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric, RunMetric, SetMetric
from showcase_bench.metrics.parse import METRICS, parse_metric
from showcase_bench.metrics.selection.chance import ChanceLevel, chance
from showcase_bench.metrics.text.table import TextTable

__all__ = [
    "METRICS",
    "Batch",
    "ChanceLevel",
    "MeanMetric",
    "Metric",
    "RunMetric",
    "SetMetric",
    "TextTable",
    "chance",
    "parse_metric",
]
