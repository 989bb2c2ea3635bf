"""What a random choice of photos scores, exactly, and the best that the pools allow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from showcase_bench.metrics.base import Floats, Metric
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.draws import Draws, Moments, pool_facts, situations
from showcase_bench.metrics.selection.hits import Integers, first_hits

__all__ = ["ChanceLevel", "chance", "chance_of"]

_LEVEL = 0.95
_CELLS = 1 << 22  # places of draws looked at together


class ChanceLevel(NamedTuple):
    """The frame in which a selection score is read; all on the scale of the metric."""

    expected: float
    """Mean over all random selections."""
    standard_error: float
    """Standard deviation of the score of one random system on these examples."""
    low: float
    """Lower end of the 95 % interval of a random system's score."""
    high: float
    """Upper end of the same."""
    best: float
    """Score of a system that shows as many gold photos of the pool as it can, first."""


def chance(metric: Metric, batch: Batch) -> ChanceLevel | None:
    """Chance level of a selection metric on the pools and gold of ``batch``.

    A random system shows min(k, pool) photos of each pool, drawn without replacement in random
    order, independently of the other examples. Expectation and standard error are exact; the
    interval is normal, cut at 0 and at the best.

    None for a metric of another kind, or where no example has both gold and a pool.
    """
    return chance_of(metric, pool_facts(batch)) if isinstance(metric, SelectionMetric) else None


def chance_of(metric: SelectionMetric, facts: Integers) -> ChanceLevel | None:
    """Chance level from the pools of all examples, see :func:`~.draws.pool_facts`."""
    from scipy.special import ndtri  # a sixth of a second, which lists of metrics do not need

    draws, kinds = situations(facts)
    if not draws.size.any():
        return None
    moments = _moments(metric, draws)
    mean, variance = moments.mean[kinds], moments.variance[kinds]
    best = min(float(_best(metric, draws)[kinds].mean()), metric.bounds[1])
    expected = min(float(mean.mean()), best)
    error = float(np.sqrt(variance.sum())) / len(kinds)
    reach = float(ndtri(0.5 + _LEVEL / 2)) * error
    low, high = max(expected - reach, 0.0), min(expected + reach, best)
    return ChanceLevel(expected, error, low, high, best)


def _moments(metric: SelectionMetric, draws: Draws) -> Moments:
    """Moments of all ``draws``, some at a time: a draw from a large pool fills many places."""
    step = max(1, _CELLS // len(draws.places(metric.k)))
    parts = [
        metric.moments(Draws(*(column[start : start + step] for column in draws)))
        for start in range(0, len(draws.size), step)
    ]
    mean, variance = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Moments(mean, variance)


def _best(metric: SelectionMetric, draws: Draws) -> Floats:
    """Value with as many hits as the gold in the pool allows, at the first places; shape [u]."""
    return metric.of_hits(first_hits(np.minimum(draws.within, metric.k), draws.gold))
