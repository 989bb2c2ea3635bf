"""From predictions to statistics and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.controls import control_showcases, reference_showcases
from showcase_bench.evaluate.frame import Frame
from showcase_bench.evaluate.records import Levels
from showcase_bench.metrics import Batch, Metric, chance
from showcase_bench.metrics.base import Control, Need
from showcase_bench.metrics.batch import Swap
from showcase_bench.stats.intervals import interval
from showcase_bench.types import Interval, NoProgress, Progress, Score, Showcase, Timings

__all__ = ["LEVEL", "Scored", "Scorer"]

LEVEL = 0.95


@dataclass(frozen=True)
class Scored:
    """Scores of one system and the per-example statistics that they came from."""

    scores: tuple[Score, ...]
    statistics: Mapping[str, NDArray[np.float64]]
    """Metric signature to rows of shape [n, d]."""


class Scorer:
    """Scores any number of systems against one frame, sharing tokens and features between them.

    Raises
    ------
    UsageError
        A metric is bound to other references or training texts than those of the frame.
    """

    def __init__(self, frame: Frame, metrics: Sequence[Metric]) -> None:
        self.frame = frame
        self.metrics = frame.bind(metrics)

    @cached_property
    def levels(self) -> dict[str, Levels]:
        """Floor and ceiling of the metrics that have them, by name.

        Of selection metrics the random expectation and the best possible value; of those with a
        :attr:`Metric.floor` what the references score with other users or photos, and as they are.
        """
        return {**self._chance(), **self._controls()}

    def _chance(self) -> dict[str, Levels]:
        batch = self.frame.batch([Showcase(one) for one in self.frame.ids])
        levels = {}
        for metric in self.metrics:
            one = chance(metric, batch)
            if one is not None:
                levels[metric.name] = Levels(one.expected, one.low, one.high, one.best)
        return levels

    def _controls(self) -> dict[str, Levels]:
        levels: dict[str, Levels] = {}
        framed = [metric for metric in self.metrics if metric.floor is not None]
        if not framed:
            return levels
        ceiling = self._batch(reference_showcases(self.frame))
        floors = {
            control: self._batch(control_showcases(self.frame, control))
            for control in get_args(Control)
            if any(metric.floor == control for metric in framed)
        }
        for control, floor in floors.items():
            for metric in (one for one in framed if one.floor == control):
                low, high = self._score(metric, floor), self._score(metric, ceiling)
                if low.value is not None and low.interval is not None and high.value is not None:
                    levels[metric.name] = Levels(
                        low.value, low.interval.low, low.interval.high, high.value
                    )
        return levels

    def score(
        self,
        showcases: Sequence[Showcase],
        *,
        timings: Timings | None = None,
        swaps: tuple[Swap | None, ...] = (),
        progress: Progress | None = None,
    ) -> Scored:
        """Every metric of one system; ``showcases`` in the order of the frame's ids."""
        if timings is not None and not timings.measured:
            timings = None
        batch = self._batch(showcases, timings, swaps)
        shown = progress or NoProgress()
        statistics = {
            metric.signature: metric.statistics(batch)
            for metric in shown.track(self.metrics, label="Metrics")
        }
        scores = (self._score(one, batch, statistics[one.signature]) for one in self.metrics)
        return Scored(tuple(scores), statistics)

    def _batch(
        self,
        showcases: Sequence[Showcase],
        timings: Timings | None = None,
        swaps: tuple[Swap | None, ...] = (),
    ) -> Batch:
        needs = frozenset[Need]().union(*(metric.needs for metric in self.metrics))
        return self.frame.batch(showcases, needs=needs, timings=timings, swaps=swaps)

    def _score(
        self, metric: Metric, batch: Batch, stats: NDArray[np.float64] | None = None
    ) -> Score:
        if stats is None:
            stats = metric.statistics(batch)
        n_scored = int(metric.scored(batch).sum())
        value = float(metric.score(stats.sum(axis=0)))
        known = n_scored > 0 and bool(np.isfinite(value))
        bounds = None
        if known and metric.kind != "run":
            influence = metric.influence(stats)
            clusters = self.frame.clusters
            bounds = interval(value, influence, clusters, level=LEVEL, bounds=metric.bounds)
        return Score(
            name=metric.name,
            signature=metric.signature,
            value=value if known else None,
            interval=None if bounds is None else Interval(bounds[0], bounds[1], LEVEL),
            n_scored=n_scored,
            n_unscored=len(batch) - n_scored,
        )
