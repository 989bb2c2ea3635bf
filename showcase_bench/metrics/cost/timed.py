"""What a run took, as the runner timed it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from showcase_bench.metrics.base import Scale
from showcase_bench.metrics.kinds import RunMetric
from showcase_bench.types import Timings

__all__ = ["FitSeconds", "LatencyP50", "LatencyP95", "PredictSeconds", "Throughput"]


@dataclasses.dataclass(frozen=True)
class FitSeconds(RunMetric):
    """Wall-clock seconds of the fit; they depend on the machine and its load."""

    label: ClassVar[str] = "fit-seconds"
    summary: ClassVar[str] = "seconds to fit the model, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "seconds"

    def value(self, timings: Timings) -> float | None:
        """Seconds."""
        return timings.fit_seconds


@dataclasses.dataclass(frozen=True)
class PredictSeconds(RunMetric):
    """Wall-clock seconds to predict the whole split; they depend on the machine and its load.

    Compare runs on the same split only, or by :class:`Throughput`.
    """

    label: ClassVar[str] = "predict-seconds"
    summary: ClassVar[str] = "seconds to predict the split, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "seconds"

    def value(self, timings: Timings) -> float | None:
        """Seconds."""
        return timings.predict_seconds


@dataclasses.dataclass(frozen=True)
class Throughput(RunMetric):
    """Examples predicted per second of wall clock; it depends on the machine and its load."""

    label: ClassVar[str] = "throughput"
    summary: ClassVar[str] = "examples predicted per second, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = True
    scale: ClassVar[Scale] = "per second"

    def value(self, timings: Timings) -> float | None:
        """Examples per second; None where predicting took no measurable time."""
        return timings.examples_per_second if timings.predict_seconds > 0 else None


@dataclasses.dataclass(frozen=True)
class LatencyP50(RunMetric):
    """Median over the batches of the milliseconds per example; it depends on the machine.

    A batch counts once however many examples it has.
    """

    label: ClassVar[str] = "latency-p50"
    summary: ClassVar[str] = "median milliseconds per example, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "milliseconds"
    facts: ClassVar[Mapping[str, str]] = {"over": "batches"}

    def value(self, timings: Timings) -> float | None:
        """Milliseconds per example."""
        return timings.latency_p50_ms


@dataclasses.dataclass(frozen=True)
class LatencyP95(RunMetric):
    """95th percentile over the batches of the milliseconds per example; machine-dependent.

    A batch counts once however many examples it has.
    """

    label: ClassVar[str] = "latency-p95"
    summary: ClassVar[str] = "95th percentile of milliseconds per example, on the run's machine"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "milliseconds"
    facts: ClassVar[Mapping[str, str]] = {"over": "batches"}

    def value(self, timings: Timings) -> float | None:
        """Milliseconds per example."""
        return timings.latency_p95_ms
