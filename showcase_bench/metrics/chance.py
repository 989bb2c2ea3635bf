"""What a random choice of photos scores, exactly, and the best that the pools allow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from showcase_bench.metrics.base import Floats, Metric
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.hits import SelectionMetric, gold_counts

__all__ = ["ChanceLevel", "chance"]

_LEVEL = 0.95


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
    order. A selection metric is a sum of weights over the places that hit, and the hits of such a
    draw are exchangeable: with R gold photos among N and p = R / N, each place has the variance
    p(1 - p), each two places the covariance -p(1 - p) / (N - 1). The interval is normal.

    None for a metric of another kind, or where no example has both gold and a pool.
    """
    if not isinstance(metric, SelectionMetric):
        return None
    counted = metric.counted(batch)
    size = np.array([len(set(pool)) for pool in batch.pools], dtype=np.float64)[counted]
    if not size.any():
        return None
    within = np.array(
        [
            len(set(gold).intersection(pool))
            for gold, pool in zip(batch.gold_images, batch.pools, strict=True)
        ],
        dtype=np.float64,
    )[counted]
    weights = metric.weights(gold_counts(batch)[counted])
    mean, variance = _moments(_first(weights, size), size, within)
    best = min(float(_first(weights, within).sum(axis=1).mean()), metric.bounds[1])
    expected = min(float(mean.mean()), best)
    error = float(np.sqrt(variance.sum())) / len(size)
    reach = float(ndtri(0.5 + _LEVEL / 2)) * error
    low, high = max(expected - reach, 0.0), min(expected + reach, best)
    return ChanceLevel(expected, error, low, high, best)


def _first(weights: Floats, number: Floats) -> Floats:
    """``weights`` with zeros from place ``number`` on; [n, k] and [n] to [n, k]."""
    return np.where(np.arange(weights.shape[1]) < number[:, np.newaxis], weights, 0.0)


def _moments(weights: Floats, size: Floats, within: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the sum of weights over random hits, each of shape [n]."""
    share = within / np.maximum(size, 1)
    total, squares = weights.sum(axis=1), (weights**2).sum(axis=1)
    covariance = (total**2 - squares) / np.maximum(size - 1, 1)
    variance = np.maximum(share * (1 - share) * (squares - covariance), 0.0)
    return share * total, variance
