"""How many examples a difference needs, from a comparison that was made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from showcase_bench.compare.results import Comparison
from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.evaluate.runs.records import pretty_json
from showcase_bench.stats import detectable_difference, required_n
from showcase_bench.stats import power as chance_to_find

__all__ = ["Plan", "PlannedPair", "plan"]


@dataclass(frozen=True)
class PlannedPair:
    """What one pair of systems asks for."""

    a: str
    b: str
    observed: float
    """Difference that was found."""
    error: float
    """Its standard error."""
    power_now: float
    """Chance that the examples at hand find the planned difference."""
    detectable_now: float
    """Difference that they find with the planned power."""
    required: int
    """Examples that find the planned difference with the planned power."""


@dataclass(frozen=True)
class Plan:
    """Examples needed to find a difference on one metric."""

    metric: str
    delta: float
    power: float
    alpha: float
    n: int
    """Examples at hand."""
    units: int
    """Independent units among them."""
    pairs: tuple[PlannedPair, ...]
    left_out: tuple[tuple[str, str], ...]
    """Pairs without a standard error."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"schema": 1, **asdict(self)}

    def to_json(self) -> bytes:
        """Readable JSON with a stable key order."""
        return pretty_json(self.to_dict()).encode()


def plan(
    comparison: Comparison, delta: float, *, power: float = 0.8, metric: str | None = None
) -> Plan:
    """Examples that each pair needs for a difference of ``delta`` to be found with ``power``.

    Users and businesses are taken to grow in number with the examples, each with as many examples
    as now. The variance of training does not fall with more examples: with several seeds, the
    numbers hold only where it is small beside that of the examples.

    Parameters
    ----------
    comparison
        Of systems alike to those that are to be told apart.
    delta
        Difference on the metric's scale.
    metric
        Name; None: the primary one.

    Raises
    ------
    UsageError
        ``delta`` or ``power`` is out of range, or the metric was not compared.
    """
    by_name = {one.name: one for one in comparison.metrics}
    name = comparison.primary.name if metric is None else metric
    if name not in by_name:
        raise UsageError(f"{name!r} was not compared. {did_you_mean(name, by_name)}")
    units, pairs, left_out = by_name[name].units, [], []
    for one in comparison.pairs_of(name):
        if one.error is None or one.error == 0:
            left_out.append((one.a, one.b))
            continue
        error, alpha = one.error, comparison.alpha
        pairs.append(
            PlannedPair(
                a=one.a,
                b=one.b,
                observed=one.delta,
                error=error,
                power_now=chance_to_find(delta, error, one.freedom, alpha),
                detectable_now=detectable_difference(error, one.freedom, power, alpha),
                required=required_n(delta, error, comparison.n, units, power, alpha),
            )
        )
    return Plan(
        metric=name,
        delta=delta,
        power=power,
        alpha=comparison.alpha,
        n=comparison.n,
        units=units,
        pairs=tuple(pairs),
        left_out=tuple(left_out),
    )
