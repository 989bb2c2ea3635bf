"""Kinds of metrics: means over examples, functions of the whole set, facts of a run."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Floats, Group, Kind, Metric, Need
from showcase_bench.metrics.batch import Batch
from showcase_bench.types import Timings

__all__ = ["MeanMetric", "RunMetric", "SetItems", "SetMetric", "require_same_examples"]


@dataclasses.dataclass(frozen=True)
class MeanMetric(Metric):
    """The mean of one value per example. Rows are ``[value * counted, counted]``."""

    kind: ClassVar[Kind] = "mean"

    @abc.abstractmethod
    def values(self, batch: Batch) -> Floats:
        """Value per example, float64 of shape [n]; what it holds where not scored is ignored."""

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Which examples enter the mean; bool of shape [n].

        Default: all, so that a missing prediction costs; a metric leaves out those on which *no*
        system could be scored.
        """
        return np.ones(len(batch), dtype=bool)

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Which examples were attempted and enter the mean; bool of shape [n]."""
        return super().scored(batch) & self.counted(batch)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[value * counted, counted]``, float64 of shape [n, 2]."""
        values = np.where(self.scored(batch), self.values(batch), self.worst)
        counted = self.counted(batch)
        return np.stack([np.where(counted, values, 0.0), counted.astype(np.float64)], axis=1)

    def score(self, sums: Floats) -> Floats:
        """Sum of values over number of counted examples; NaN when none is."""
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Floats = np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)
        return result

    def influence(self, stats: Floats) -> Floats:
        """Deviation from the mean, rescaled by the share of counted examples."""
        total = stats[:, 1].sum()
        if total == 0:
            return np.zeros(len(stats))
        mean = stats[:, 0].sum() / total
        deviation: Floats = (stats[:, 0] - mean * stats[:, 1]) * (len(stats) / total)
        return deviation


class SetItems(NamedTuple):
    """What a set metric counts in a batch: example i has ``items[bounds[i] : bounds[i + 1]]``."""

    bounds: NDArray[np.int64]
    """int64 of shape [n + 1], from 0 to m, never falling."""
    items: NDArray[np.int64]
    """int64 of shape [m], each below :attr:`n_items`; repeats of an item count once."""
    n_items: int
    """How many ids there are; some of them may be in no example."""


def require_same_examples(batches: Sequence[Batch]) -> None:
    """Raise a :class:`UsageError` unless the batches have the same ids and one table of texts."""
    for batch in batches:
        if batch.table is not batches[0].table:
            raise UsageError(
                "the batches of several systems must share one table of texts: make each with "
                "table=batches[0].table"
            )
        if batch.ids != batches[0].ids:
            raise UsageError(
                "the batches of several systems must hold the same examples in the same order"
            )


@dataclasses.dataclass(frozen=True)
class SetMetric(Metric):
    """A metric of the whole set of outputs, such as Distinct-n.

    Rows are ``[part, lost, size, size lost]``: what this example accounts for of the numerator
    when shared items are split evenly, what the numerator loses without it, and the same of the
    denominator. Sums are exact for the set that the rows were made from; a resample with
    duplicates is meaningless, so the influence is the delete-one jackknife and the bootstrap is
    refused.
    """

    kind: ClassVar[Kind] = "set"

    def value(self, numerator: Floats, denominator: Floats) -> Floats:
        """Compute the value of a set, elementwise; NaN where it has none. Default: the ratio."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio: Floats = np.where(denominator > 0, numerator / denominator, np.nan)
        return ratio

    def score(self, sums: Floats) -> Floats:
        """Value of the summed rows, [..., 4] to [...]; NaN when the denominator is empty."""
        return self.value(sums[..., 0], sums[..., 2])

    def items(self, batches: Sequence[Batch]) -> list[SetItems] | None:
        """List the items that the metric counts, with ids that all batches share.

        :meth:`value` of the number of different items and of the sum of the sizes (column 2 of
        the statistics) is the score, of any mixture of the batches too: example by example, the
        items and the size come from one of them. None, which is the default, where the score is
        no such function.

        Parameters
        ----------
        batches
            Of several systems, on the same examples in the same order, sharing one table of texts
            (:attr:`Batch.table`). Of none there are no items: an empty list.

        Raises
        ------
        UsageError
            The batches differ in their examples, or do not share the table.
        """
        return None

    def influence(self, stats: Floats) -> Floats:
        """Delete-one jackknife: (n - 1) * (mean of the delete-one scores - each of them), negated.

        An example whose removal lowers the score has a positive influence.
        """
        n = len(stats)
        if n < 2:
            return np.zeros(n)
        total = stats.sum(axis=0)
        left = np.nan_to_num(self.value(total[0] - stats[:, 1], total[2] - stats[:, 3]))
        influence: Floats = (n - 1) * (left.mean() - left)
        return influence


@dataclasses.dataclass(frozen=True)
class RunMetric(Metric):
    """A fact of a whole run, the same on every example, without an interval: a cost.

    Rows are ``[value, 1]``, or zeros where the run did not record it.
    """

    kind: ClassVar[Kind] = "run"
    group: ClassVar[Group] = "cost"
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)
    needs: ClassVar[frozenset[Need]] = frozenset({"timings"})

    @abc.abstractmethod
    def value(self, timings: Timings) -> float | None:
        """Read the value off the run's costs; None where it was not recorded."""

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """All examples where the value is known, else none; bool of shape [n]."""
        return np.full(len(batch), self._value(batch) is not None)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[value, 1]``, float64 of shape [n, 2]; zeros where the value is unknown."""
        value = self._value(batch)
        return np.tile([0.0, 0.0] if value is None else [value, 1.0], (len(batch), 1))

    def score(self, sums: Floats) -> Floats:
        """Mean of the rows; NaN where the value is unknown."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Floats = np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)
        return mean

    def influence(self, stats: Floats) -> Floats:
        """Zeros of shape [n]: no example moves it."""
        return np.zeros(len(stats))

    def _value(self, batch: Batch) -> float | None:
        return None if batch.timings is None else self.value(batch.timings)
