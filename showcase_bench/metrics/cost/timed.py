"""What a run took, as the runner timed it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from showcase_bench.metrics.base import RunMetric, Scale
from showcase_bench.types import Timings

__all__ = ["FitSeconds", "LatencyP50", "LatencyP95", "PredictSeconds", "Throughput"]


@dataclasses.dataclass(frozen=True)
class FitSeconds(RunMetric):
    """Wall-clock seconds of the fit; they depend on the machine and its load."""

    summary: ClassVar[str] = "seconds to fit the model, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "seconds"

    @property
    def short_name(self) -> str:
        """``fit-seconds``."""
        return "fit-seconds"

    def value(self, timings: Timings) -> float | None:
        """Seconds."""
        return timings.fit_seconds


@dataclasses.dataclass(frozen=True)
class PredictSeconds(RunMetric):
    """Wall-clock seconds to predict the whole split; they depend on the machine and its load.

    Compare runs on the same split only, or by :class:`Throughput`.
    """

    summary: ClassVar[str] = "seconds to predict the split, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "seconds"

    @property
    def short_name(self) -> str:
        """``predict-seconds``."""
        return "predict-seconds"

    def value(self, timings: Timings) -> float | None:
        """Seconds."""
        return timings.predict_seconds


@dataclasses.dataclass(frozen=True)
class Throughput(RunMetric):
    """Examples predicted per second of wall clock; it depends on the machine and its load."""

    summary: ClassVar[str] = "examples predicted per second, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = True
    scale: ClassVar[Scale] = "per second"

    @property
    def short_name(self) -> str:
        """``throughput``."""
        return "throughput"

    def value(self, timings: Timings) -> float | None:
        """Examples per second; None where predicting took no measurable time."""
        return timings.examples_per_second if timings.predict_seconds > 0 else None


@dataclasses.dataclass(frozen=True)
class LatencyP50(RunMetric):
    """Median over the batches of the milliseconds per example; it depends on the machine.

    A batch counts once however many examples it has.
    """

    summary: ClassVar[str] = "median milliseconds per example, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "milliseconds"
    facts: ClassVar[Mapping[str, str]] = {"over": "batches"}

    @property
    def short_name(self) -> str:
        """``latency-p50``."""
        return "latency-p50"

    def value(self, timings: Timings) -> float | None:
        """Milliseconds per example."""
        return timings.latency_p50_ms


@dataclasses.dataclass(frozen=True)
class LatencyP95(RunMetric):
    """95th percentile over the batches of the milliseconds per example; machine-dependent.

    A batch counts once however many examples it has.
    """

    summary: ClassVar[str] = "95th percentile of milliseconds per example, on the run's machine"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "milliseconds"
    facts: ClassVar[Mapping[str, str]] = {"over": "batches"}

    @property
    def short_name(self) -> str:
        """``latency-p95``."""
        return "latency-p95"

    def value(self, timings: Timings) -> float | None:
        """Milliseconds per example."""
        return timings.latency_p95_ms
