"""From showcases and gold to statistics and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.records import Levels
from showcase_bench.metrics import Batch, Metric
from showcase_bench.metrics.batch import Features
from showcase_bench.metrics.chance import chance
from showcase_bench.metrics.tokens import TokenStore
from showcase_bench.stats.intervals import interval
from showcase_bench.types import Example, Interval, Score, Showcase

__all__ = ["LEVEL", "Scored", "codes", "make_batch", "score_batch", "selection_levels"]

LEVEL = 0.95


@dataclass(frozen=True)
class Scored:
    """Scores of one system and the per-example statistics that they came from."""

    scores: tuple[Score, ...]
    statistics: Mapping[str, NDArray[np.float64]]
    """Metric signature to rows of shape [n, d]."""


def make_batch(
    examples: Sequence[Example],
    showcases: Sequence[Showcase],
    *,
    features: Features | None,
    tokens: TokenStore,
) -> Batch:
    """Align predictions with their gold; both in the same order, ids equal."""
    pairs = list(zip(examples, showcases, strict=True))
    return Batch(
        ids=tuple(example.query.id for example in examples),
        hypotheses=tuple(showcase.text for showcase in showcases),
        references=tuple(tuple(t for t in example.gold.texts if t) for example in examples),
        selected=tuple(showcase.image_ids for _, showcase in pairs),
        gold_images=tuple(example.gold.image_ids for example in examples),
        pools=tuple(example.query.pool for example in examples),
        features=features,
        tokens=tokens,
    )


def score_batch(
    metrics: Sequence[Metric], batch: Batch, clusters: Sequence[NDArray[np.int64]]
) -> Scored:
    """Every metric on one system's batch, with intervals clustered by ``clusters``."""
    statistics = {metric.signature: metric.statistics(batch) for metric in metrics}
    scores = tuple(_score(one, batch, statistics[one.signature], clusters) for one in metrics)
    return Scored(scores, statistics)


def selection_levels(metrics: Sequence[Metric], batch: Batch) -> dict[str, Levels]:
    """Random expectation and best possible value of the selection metrics, by metric name."""
    levels = {}
    for metric in metrics:
        one = chance(metric, batch)
        if one is not None:
            levels[metric.name] = Levels(one.expected, one.low, one.high, one.best)
    return levels


def codes(keys: Sequence[str]) -> NDArray[np.int64]:
    """Integer code of each key, in order of first appearance; shape [n]."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _score(
    metric: Metric,
    batch: Batch,
    stats: NDArray[np.float64],
    clusters: Sequence[NDArray[np.int64]],
) -> Score:
    n_scored = int(metric.scored(batch).sum())
    value = float(metric.score(stats.sum(axis=0)))
    bounds = None
    if n_scored and np.isfinite(value):
        bounds = interval(
            value, metric.influence(stats), clusters, level=LEVEL, bounds=metric.bounds
        )
    return Score(
        name=metric.name,
        signature=metric.signature,
        value=value if n_scored and np.isfinite(value) else None,
        interval=None if bounds is None else Interval(bounds[0], bounds[1], LEVEL),
        n_scored=n_scored,
        n_unscored=len(batch) - n_scored,
    )
