"""From predictions to statistics and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.executors.base import Executor
from showcase_bench.evaluate.runs.records import Levels
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.evaluate.score.in_parts import InParts
from showcase_bench.evaluate.score.output import AnyOutput, ControlOutput, Output
from showcase_bench.metrics import Metric
from showcase_bench.metrics.base import Control
from showcase_bench.metrics.batch import Swap
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.chance import chance_of
from showcase_bench.stats.clusters import ClusterPlan
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

    Many examples are scored part by part, with the same result.

    Parameters
    ----------
    executor
        Scores the parts of many examples in other processes; None scores them here.

    Raises
    ------
    UsageError
        A metric is bound to other references or training texts than those of the frame.
    """

    def __init__(
        self, frame: Frame, metrics: Sequence[Metric], *, executor: Executor | None = None
    ) -> None:
        self.frame = frame
        self.metrics = frame.bind(metrics)
        self._in_parts = InParts(frame, self.metrics, executor)

    @cached_property
    def levels(self) -> dict[str, Levels]:
        """Floor and ceiling of the metrics that have them, by name.

        Of selection metrics the random expectation and the best possible value; of those with a
        :attr:`Metric.floor` what the references score with other users or photos, and as they are.
        """
        return {**self._chance(), **self._controls()}

    @property
    def unreadable(self) -> dict[str, str]:
        """Why each photo that was looked at and cannot be read is so, by image id."""
        return self.frame.unreadable() | self._in_parts.unreadable

    def _chance(self) -> dict[str, Levels]:
        levels: dict[str, Levels] = {}
        framed = [metric for metric in self.metrics if isinstance(metric, SelectionMetric)]
        if not framed:
            return levels
        facts = self._in_parts.pool_facts()
        for metric in framed:
            one = chance_of(metric, facts)
            if one is not None:
                levels[metric.name] = Levels(one.expected, one.low, one.high, one.best)
        return levels

    def _controls(self) -> dict[str, Levels]:
        levels: dict[str, Levels] = {}
        framed = [metric for metric in self.metrics if metric.floor is not None]
        if not framed:
            return levels
        high = self._scored(framed, ControlOutput(None))
        for control in get_args(Control):
            chosen = [metric for metric in framed if metric.floor == control]
            if not chosen:
                continue
            low = self._scored(chosen, ControlOutput(control))
            best = {score.name: score.value for score in high.scores}
            for score in low.scores:
                top, bounds = best[score.name], score.interval
                if score.value is not None and bounds is not None and top is not None:
                    levels[score.name] = Levels(score.value, bounds.low, bounds.high, top)
        return levels

    def score(
        self,
        showcases: Sequence[Showcase],
        *,
        timings: Timings | None = None,
        swaps: Sequence[Swap | None] = (),
        progress: Progress | None = None,
    ) -> Scored:
        """Every metric of one system; ``showcases`` in the order of the frame's ids."""
        if timings is not None and not timings.measured:
            timings = None
        return self._scored(self.metrics, Output(showcases, timings, swaps), progress)

    def statistics(
        self, showcases: Sequence[Showcase], *, progress: Progress | None = None
    ) -> tuple[Mapping[str, NDArray[np.float64]], dict[str, int]]:
        """What :meth:`score` computes scores from: rows, and the number of scored examples.

        Both by signature; rows of shape [n, d], of many examples read from files each time.
        """
        return self._in_parts.score(self.metrics, Output(showcases), progress or NoProgress())

    def _scored(
        self, metrics: Sequence[Metric], output: AnyOutput, progress: Progress | None = None
    ) -> Scored:
        shown = progress or NoProgress()
        statistics, scored = self._in_parts.score(metrics, output, shown)
        scores = (
            self._score(one, statistics[one.signature], scored[one.signature]) for one in metrics
        )
        return Scored(tuple(scores), statistics)

    @cached_property
    def _clusters(self) -> ClusterPlan:
        return ClusterPlan.of(self.frame.clusters, len(self.frame))

    def _score(self, metric: Metric, stats: NDArray[np.float64], n_scored: int) -> Score:
        value = float(metric.score(stats.sum(axis=0)))
        known = n_scored > 0 and bool(np.isfinite(value))
        bounds = None
        if known and metric.kind != "run":
            influence = metric.influence(stats)
            bounds = interval(value, influence, self._clusters, level=LEVEL, bounds=metric.bounds)
        return Score(
            name=metric.name,
            signature=metric.signature,
            value=value if known else None,
            interval=None if bounds is None else Interval(bounds[0], bounds[1], LEVEL),
            n_scored=n_scored,
            n_unscored=len(stats) - n_scored,
        )
