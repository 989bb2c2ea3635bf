"""What an audit found; plain values that are the same for the same inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from showcase_bench.evaluate.runs.records import pretty_json

__all__ = [
    "SCHEMA",
    "Affected",
    "Audit",
    "Cell",
    "FaultFacts",
    "LeftOut",
    "MetricFacts",
    "Response",
    "Verdict",
]

SCHEMA = 1
Verdict = Literal["sees", "rewards", "moves", "blind", "constant", "unknown"]
"""``sees``: the fault makes it worse; ``rewards``: better; ``moves``: it changes, and has no better
direction; ``blind``: it stays; ``constant``: no fault moves it; ``unknown``: it has no value or no
interval under the fault."""


@dataclass(frozen=True, slots=True)
class Affected:
    """How far a fault reached at one strength."""

    strength: float
    examples: int
    """Examples that differ from the references."""
    fallbacks: int
    """Those of them that were changed in the second-best way."""


@dataclass(frozen=True, slots=True)
class FaultFacts:
    """One fault, a column of the audit."""

    name: str
    part: str
    """``texts`` or ``images``."""
    unit: str
    """What strength is a share of: ``examples``, or ``words`` of each text."""
    summary: str
    affected: tuple[Affected, ...]
    """By strength, ascending."""


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """One metric, a row of the audit."""

    name: str
    signature: str
    group: str
    scale: str
    higher_is_better: bool | None
    summary: str
    value: float
    """Of the references as they are."""
    span: float
    """The largest change that any fault makes at the largest strength; not negative."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a metric does under a fault at one strength."""

    strength: float
    value: float | None
    """None where no example can be scored."""
    difference: float | None
    """Value minus that of the references."""
    low: float | None
    """Lower end of the 95 % interval of the difference; None where it cannot be estimated."""
    high: float | None
    response: float | None
    """Difference over the metric's span; None where the span is 0."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric under a fault."""

    metric: str
    fault: str
    verdict: Verdict
    """At the largest strength."""
    monotone: bool | None
    """Whether it goes one way as strength grows; None with fewer than two strengths, or where a
    value is missing."""
    responses: tuple[Response, ...]
    """By strength, ascending."""

    @property
    def full(self) -> Response:
        """The response at the largest strength."""
        return self.responses[-1]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A metric or fault that was not part of the audit."""

    name: str
    reason: str


@dataclass(frozen=True)
class Audit:
    """All that was found; equal inputs give equal bytes in every format."""

    task: str
    task_version: int
    split: str
    data_name: str
    data_sha256: str
    n: int
    seed: int
    strengths: tuple[float, ...]
    """Ascending."""
    faults: tuple[FaultFacts, ...]
    metrics: tuple[MetricFacts, ...]
    cells: tuple[Cell, ...]
    """Metric by metric, in each fault by fault."""
    left_out: tuple[LeftOut, ...]

    @cached_property
    def table(self) -> Mapping[tuple[str, str], Cell]:
        """Cells by metric and fault."""
        return {(cell.metric, cell.fault): cell for cell in self.cells}

    @property
    def groups(self) -> dict[str, tuple[MetricFacts, ...]]:
        """Metrics by group, in their order."""
        found: dict[str, tuple[MetricFacts, ...]] = {}
        for metric in self.metrics:
            found[metric.group] = (*found.get(metric.group, ()), metric)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"schema": SCHEMA, **asdict(self)}

    def to_json(self) -> bytes:
        """Readable JSON with a stable key order."""
        return pretty_json(self.to_dict()).encode()
