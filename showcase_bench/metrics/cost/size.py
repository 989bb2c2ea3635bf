"""How large a run was: the model's parameters and the memory of its process."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from showcase_bench.metrics.base import Scale
from showcase_bench.metrics.kinds import RunMetric
from showcase_bench.types import Timings

__all__ = ["Parameters", "PeakMemory"]


@dataclasses.dataclass(frozen=True)
class Parameters(RunMetric):
    """Trainable numbers of the model, as it states them; the same on every machine."""

    label: ClassVar[str] = "parameters"
    summary: ClassVar[str] = "trainable parameters of the model"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "count"

    def value(self, timings: Timings) -> float | None:
        """Count of them; None where the model does not say."""
        return None if timings.parameters is None else float(timings.parameters)


@dataclasses.dataclass(frozen=True)
class PeakMemory(RunMetric):
    """Largest resident memory of the process until the end of the run, in MiB (2^20 bytes).

    It holds whatever the process did before, so that earlier models of the same process count
    too, and it depends on the machine and the libraries on it.
    """

    label: ClassVar[str] = "peak-memory"
    summary: ClassVar[str] = "largest memory of the process in MiB, on the machine of the run"
    higher_is_better: ClassVar[bool | None] = False
    scale: ClassVar[Scale] = "MiB"
    facts: ClassVar[Mapping[str, str]] = {"of": "process"}

    def value(self, timings: Timings) -> float | None:
        """MiB."""
        return timings.peak_rss_mib
