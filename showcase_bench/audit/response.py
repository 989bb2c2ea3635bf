"""From statistics with and without a fault to differences, intervals and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from showcase_bench.audit.results import Cell, Response, Verdict
from showcase_bench.metrics import Metric
from showcase_bench.stats.clusters import Clusters
from showcase_bench.stats.intervals import interval

__all__ = ["LEVEL", "LITTLE", "Difference", "compare", "judge", "span_of"]

Floats = NDArray[np.float64]

LEVEL = 0.95
LITTLE = 0.02
"""A response below this share of the metric's span counts as none."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """What a fault does to a metric at one strength; None where there is no value or interval."""

    value: float | None
    difference: float | None
    low: float | None
    high: float | None


def compare(
    metric: Metric, clean: Floats, faulty: Floats, value: float | None, clusters: Clusters
) -> Difference:
    """The paired difference of two systems on the same examples with its 95 % interval.

    The influence of an example on the difference is the difference of its influences.

    Parameters
    ----------
    clean, faulty
        Statistics of shape [n, d] of the references and of the faulty showcases.
    value
        Score of the faulty showcases, as the scorer gives it.
    clusters
        As for :func:`~showcase_bench.stats.interval`.
    """
    before = float(metric.score(clean.sum(axis=0)))
    if value is None:
        return Difference(None, None, None, None)
    change = value - before
    if abs(change) <= _ROUNDING * max(abs(value), abs(before)):
        change = 0.0
    influence = metric.influence(faulty) - metric.influence(clean)
    bounds = interval(change, influence, clusters, level=LEVEL)
    return Difference(value, change, *(bounds or (None, None)))


def span_of(differences: Sequence[Difference]) -> float:
    """The largest change among those that are known; 0 without any."""
    return max(
        (abs(one.difference) for one in differences if one.difference is not None), default=0.0
    )


def judge(metric: Metric, fault: str, by_strength: Mapping[float, Difference], span: float) -> Cell:
    """The responses of a metric to a fault, by ascending strength, and the verdict on it."""
    responses = tuple(
        _response(metric, strength, one, span) for strength, one in by_strength.items()
    )
    steps = [one.difference for one in by_strength.values()]
    return Cell(metric.name, fault, responses[-1].verdict, _monotone(steps, span), responses)


def _response(metric: Metric, strength: float, one: Difference, span: float) -> Response:
    response = None if one.difference is None or span == 0 else one.difference / span
    verdict = _verdict(metric.higher_is_better, one, response)
    return Response(strength, one.value, one.difference, one.low, one.high, response, verdict)


def _verdict(higher_is_better: bool | None, one: Difference, response: float | None) -> Verdict:
    if one.difference is None:
        return "unknown"
    if response is None:
        return "constant"
    if abs(response) < LITTLE:
        return "blind"
    if one.low is None or one.high is None:
        return "unknown"
    if one.low <= 0 <= one.high:
        return "blind"
    if higher_is_better is None:
        return "moves"
    return "rewards" if (one.difference > 0) == higher_is_better else "sees"


def _monotone(differences: Sequence[float | None], span: float) -> bool | None:
    """Whether no step from 0 on goes back by more than a little of the span."""
    known = [one for one in differences if one is not None]
    if len(known) < len(differences) or len(known) < 2:
        return None
    steps = [after - before for before, after in pairwise([0.0, *known])]
    back = LITTLE * span
    return all(step >= -back for step in steps) or all(step <= back for step in steps)
