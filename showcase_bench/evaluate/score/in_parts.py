"""Scoring more examples than are held in memory: part by part, here or in other processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.executors.base import Executor, Pending, Shared, in_order
from showcase_bench.evaluate.score.frame import PART_ROWS, Frame, Recipe
from showcase_bench.evaluate.score.output import AnyOutput
from showcase_bench.evaluate.score.part_scores import (
    NOTHING_KEPT,
    FactsJob,
    KeptCorpora,
    PartJob,
    PartScores,
    kept_corpora,
    needs_of,
    pool_facts_of,
    score_part,
)
from showcase_bench.evaluate.score.statistics_files import StatisticsFiles
from showcase_bench.metrics import Metric
from showcase_bench.metrics.base import Need
from showcase_bench.types import Progress

__all__ = ["InParts"]

Floats = NDArray[np.float64]
_Metrics: TypeAlias = tuple[Metric, ...]
_Steps: TypeAlias = Iterator[tuple[_Metrics, Iterator[tuple[Floats, int]]]]


_OF_THE_WHOLE: frozenset[Need] = frozenset({"training texts", "histories", "swaps"})


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
        self._known: Shared[KeptCorpora] | None = None

    @cached_property
    def _corpora(self) -> KeptCorpora:
        return kept_corpora(self._frame, self._metrics)

    def _shared(self, executor: Executor) -> Shared[KeptCorpora]:
        """What is made of the task as a whole, known to all processes."""
        if self._known is None:
            self._known = executor.share(self._corpora)
        return self._known

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
        number = len(self._spans) * bool(by_row) + len(self._groups(of_set))
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
        if self._executor is not None and self._frame.recipe is not None:
            yield from self._there(self._executor, self._frame.recipe, by_row, of_set, output)
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

    def _groups(self, of_set: _Metrics) -> list[_Metrics]:
        """Metrics of the whole set that are one job; first what need not wait for the corpora."""
        if self._executor is None or self._frame.recipe is None or self._known is not None:
            return [of_set] if of_set else []
        alone = tuple(metric for metric in of_set if _stands_alone(metric))
        rest = tuple(metric for metric in of_set if metric not in alone)
        return [some for some in (alone, rest) if some]

    def _there(
        self,
        executor: Executor,
        recipe: Recipe,
        by_row: _Metrics,
        of_set: _Metrics,
        output: AnyOutput,
    ) -> _Steps:
        """The whole set goes first, as it takes longest; the parts go to the other processes.

        What takes nothing from the task as a whole is begun before that is made.
        """

        def submitted(metrics: _Metrics, corpora: Shared[KeptCorpora]) -> Pending[PartScores]:
            some, n = output.without(needs_of(metrics)), len(self._frame)
            job = PartJob(recipe, corpora, 0, n, metrics, some, lean=True, folder=executor.folder)
            return executor.submit(job)

        whole: list[tuple[_Metrics, Pending[PartScores]]] = []
        for metrics in self._groups(of_set):
            early = self._known is None and all(map(_stands_alone, metrics))
            known = executor.share(NOTHING_KEPT) if early else self._shared(executor)
            whole.append((metrics, submitted(metrics, known)))
        corpora = self._shared(executor)
        if by_row:
            job = partial(PartJob, recipe, corpora)
            parts = (job(a, b, by_row, output.rows(a, b)) for a, b in self._spans)
            for found in in_order(executor, parts):
                self.unreadable |= found.unreadable
                yield by_row, found.rows()
        for metrics, pending in whole:
            yield metrics, pending.result().rows()

    def pool_facts(self) -> NDArray[np.int64]:
        """Facts of the pools of all examples, for chance levels; int64 of shape [m, 3]."""
        executor, frame = self._executor, self._frame
        if executor is None or frame.recipe is None:
            parts: Iterator[NDArray[np.int64]] = (
                pool_facts_of(frame, start, stop) for start, stop in self._spans
            )
        else:
            job = partial(FactsJob, frame.recipe, self._shared(executor))
            parts = in_order(executor, (job(*span) for span in self._spans))
        return np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts])


def _stands_alone(metric: Metric) -> bool:
    """Whether a metric takes nothing from the task as a whole."""
    return metric.corpus_field is None and not metric.needs & _OF_THE_WHOLE
