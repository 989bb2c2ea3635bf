"""Scoring more examples than are held in memory: part by part, here or in other processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.executors.base import Executor, Shared, in_order
from showcase_bench.evaluate.score.frame import PART_ROWS, Frame, Recipe
from showcase_bench.evaluate.score.output import AnyOutput
from showcase_bench.evaluate.score.part_scores import (
    FactsJob,
    KeptCorpora,
    PartJob,
    kept_corpora,
    needs_of,
    pool_facts_of,
    score_part,
)
from showcase_bench.evaluate.score.statistics_files import StatisticsFiles
from showcase_bench.metrics import Metric
from showcase_bench.types import Progress

__all__ = ["InParts"]

Floats = NDArray[np.float64]
_Metrics: TypeAlias = tuple[Metric, ...]
_Steps: TypeAlias = Iterator[tuple[_Metrics, Iterator[tuple[Floats, int]]]]


@dataclass(frozen=True)
class _Away:
    """Where parts are scored if not here."""

    executor: Executor
    recipe: Recipe
    corpora: Shared[KeptCorpora]


class InParts:
    """Scores systems part by part: the same numbers as at once, to the last byte.

    Metrics of single examples are computed on parts of a fixed size, and their statistics put one
    behind the other, on disk. What they take from the corpora as wholes is made once before.
    Metrics of the whole set see all examples at once, but only what they look at of them.

    Parameters
    ----------
    metrics
        Bound to the frame.
    executor
        Does the work in other processes, where the frame can be made there; None does it here.
    """

    def __init__(
        self, frame: Frame, metrics: Sequence[Metric], executor: Executor | None = None
    ) -> None:
        self._frame, self._metrics, self._executor = frame, tuple(metrics), executor
        ends = [*range(0, len(frame), PART_ROWS), len(frame)]
        self._spans = list(pairwise(ends))
        self.unreadable: dict[str, str] = {}
        """Photos that other processes could not read, and why."""

    @cached_property
    def _corpora(self) -> KeptCorpora:
        return kept_corpora(self._frame, self._metrics)

    @cached_property
    def _away(self) -> _Away | None:
        recipe = self._frame.recipe
        if self._executor is None or recipe is None:
            return None
        return _Away(self._executor, recipe, self._executor.share(self._corpora))

    def score(
        self, metrics: Sequence[Metric], output: AnyOutput, progress: Progress
    ) -> tuple[Mapping[str, Floats], dict[str, int]]:
        """Statistics and number of scored examples, by signature of the metric."""
        if len(self._frame) <= PART_ROWS:
            return self._at_once(metrics, output, progress)
        by_row = tuple(metric for metric in metrics if metric.kind != "set")
        of_set = tuple(metric for metric in metrics if metric.kind == "set")
        files = StatisticsFiles([metric.signature for metric in metrics])
        scored = {metric.signature: 0 for metric in metrics}

        steps = self._steps(by_row, of_set, output)
        number = len(self._spans) * bool(by_row) + bool(of_set)
        for chosen, found in progress.track(steps, label="Scoring parts", total=number):
            for metric, (rows, count) in zip(chosen, found, strict=True):
                files.append(metric.signature, rows)
                scored[metric.signature] += count
        return files, scored

    def _at_once(
        self, metrics: Sequence[Metric], output: AnyOutput, progress: Progress
    ) -> tuple[Mapping[str, Floats], dict[str, int]]:
        found = zip(metrics, score_part(self._frame, metrics, output), strict=True)
        shown = progress.track(found, label="Metrics", total=len(metrics))
        rows = {metric.signature: one for metric, one in shown}
        statistics = {signature: one for signature, (one, _) in rows.items()}
        return statistics, {signature: number for signature, (_, number) in rows.items()}

    def _steps(self, by_row: _Metrics, of_set: _Metrics, output: AnyOutput) -> _Steps:
        if self._away is not None:
            yield from self._there(self._away, by_row, of_set, output)
            return
        _ = self._corpora
        if by_row:
            for start, stop in self._spans:
                part = self._frame.part(start, stop, needs_of(by_row))
                some = output.rows(start, stop)
                yield by_row, score_part(part, by_row, some)
        if of_set:
            whole = self._frame.part(0, len(self._frame), needs_of(of_set), lean=True)
            yield of_set, score_part(whole, of_set, output.without(needs_of(of_set)))

    def _there(self, away: _Away, by_row: _Metrics, of_set: _Metrics, output: AnyOutput) -> _Steps:
        """The whole set goes first, as it takes longest; the parts go to the other processes."""
        job, whole = partial(PartJob, away.recipe, away.corpora), None
        if of_set:
            some = output.without(needs_of(of_set))
            every = job(0, len(self._frame), of_set, some, lean=True)
            whole = away.executor.submit(replace(every, folder=away.executor.folder))
        if by_row:
            parts = (job(a, b, by_row, output.rows(a, b)) for a, b in self._spans)
            for found in in_order(away.executor, parts):
                self.unreadable |= found.unreadable
                yield by_row, found.rows()
        if whole is not None:
            yield of_set, whole.result().rows()

    def pool_facts(self) -> NDArray[np.int64]:
        """Facts of the pools of all examples, for chance levels; int64 of shape [m, 3]."""
        away, frame = self._away, self._frame
        if away is None:
            parts: Iterator[NDArray[np.int64]] = (
                pool_facts_of(frame, start, stop) for start, stop in self._spans
            )
        else:
            parts = in_order(
                away.executor,
                (FactsJob(away.recipe, away.corpora, *span) for span in self._spans),
            )
        return np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts])
