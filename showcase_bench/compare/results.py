"""What a comparison found; plain values that are the same for the same inputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal

from showcase_bench.evaluate.runs.records import pretty_json

__all__ = [
    "SCHEMA",
    "Audit",
    "Comparison",
    "MetricResult",
    "PairResult",
    "SystemResult",
    "Test",
    "Verdict",
]

SCHEMA = 1

Test = Literal[
    "approximate randomization",
    "approximate randomization of clusters",
    "swap of sets",
    "t",
    "cluster-robust t",
    "two-way cluster-robust t",
    "Welch-Satterthwaite t",
    "cluster sign-flip",
]
Verdict = Literal["equivalent", "different", "undecided"]


@dataclass(frozen=True)
class Audit:
    """A second opinion by the bootstrap."""

    low: float
    high: float
    """Percentile interval."""
    p: float


@dataclass(frozen=True)
class PairResult:
    """One system against another on one metric."""

    a: str
    b: str
    metric: str
    """Name."""
    delta: float
    """Score of ``a`` minus score of ``b``, on the metric's scale."""
    ci: tuple[float, float] | None
    """Interval of this difference by itself; None where its error cannot be estimated."""
    ci_all: tuple[float, float] | None
    """Interval that covers all differences of the metric at once."""
    error: float | None
    """Standard error of the difference; None where it cannot be estimated."""
    freedom: float
    """Degrees of freedom of its t distribution."""
    p: float
    """Two-sided, of this pair by itself, by ``test``."""
    p_adj: float
    """Adjusted for all pairs of the metric."""
    q: float | None
    """Adjusted by Benjamini and Hochberg for all pairs of all metrics but the primary one; None
    for the primary metric."""
    test: Test
    dz: float | None
    """Difference over its standard deviation between independent units; None where that is 0."""
    detectable: float | None
    """Smallest difference that this comparison would find with a power of 80 %."""
    rope: Verdict | None
    """Whether the interval lies in the region of practical equivalence; None without a region."""
    bootstrap: Audit | None
    """None for metrics of a whole set, several seeds, and where it was not asked for."""


@dataclass(frozen=True)
class SystemResult:
    """One system on one metric."""

    system: str
    metric: str
    value: float | None
    """Mean over seeds; None where nothing was attempted: the system is not compared then."""
    ci: tuple[float, float] | None
    seeds: int
    best: int | None
    """Best rank that the data allow; None where the metric has no better side."""
    worst: int | None
    letters: str
    """Systems that share a letter cannot be told apart."""


@dataclass(frozen=True)
class MetricResult:
    """One metric, and what its comparison rests on."""

    name: str
    signature: str
    higher_is_better: bool | None
    scale: str
    primary: bool
    units: int
    """Independent units behind the intervals."""
    level: float
    """A pair by itself must have a p-value below this, for all pairs together to be wrong with a
    chance of at most ``alpha``."""
    rope: float | None


@dataclass(frozen=True)
class Comparison:
    """All pairs of some systems on some metrics; equal inputs give equal bytes in every format."""

    title: str
    """What they were compared on."""
    n: int
    systems: tuple[str, ...]
    clusters: tuple[tuple[str, int], ...]
    """Columns of clusters, with the number of clusters of each."""
    alpha: float
    trials: int
    seed: int
    adjust: str
    metrics: tuple[MetricResult, ...]
    pairs: tuple[PairResult, ...]
    """Metric by metric."""
    ranks: tuple[SystemResult, ...]
    """Metric by metric, the best system first."""
    notes: tuple[str, ...]
    """In plain words: which tests, which clusters, how many trials, what is not covered."""

    @cached_property
    def primary(self) -> MetricResult:
        """The metric that the conclusions rest on."""
        return next(one for one in self.metrics if one.primary)

    def pairs_of(self, metric: str) -> tuple[PairResult, ...]:
        """The pairs on the metric of this name."""
        return tuple(one for one in self.pairs if one.metric == metric)

    def ranks_of(self, metric: str) -> tuple[SystemResult, ...]:
        """The systems on the metric of this name, the best first."""
        return tuple(one for one in self.ranks if one.metric == metric)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        plain: dict[str, Any] = {"schema": SCHEMA}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "clusters":
                plain["clusters"] = dict(value)
            elif field.name in ("metrics", "pairs", "ranks"):
                plain[field.name] = [asdict(one) for one in value]
            else:
                plain[field.name] = list(value) if isinstance(value, tuple) else value
        return plain

    def to_json(self) -> bytes:
        """Readable JSON with a stable key order."""
        return pretty_json(self.to_dict()).encode()

    def to(self, kind: str) -> str:
        """The report as ``md``, ``latex``, ``json`` or ``html``.

        Raises
        ------
        UsageError
            The kind is another one.
        """
        from showcase_bench.compare.report import report

        return report(self, kind)
