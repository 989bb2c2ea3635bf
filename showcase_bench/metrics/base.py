"""The metric contract: one row of statistics per example, and a formula over summed rows.

A corpus metric is an additive statistic plus a formula (the idea of sacreBLEU's sufficient
statistics, Post 2018). Everything that follows, intervals, resampling tests, slices, merging of
shards, works on the rows and never touches text again.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.batch import Batch
from showcase_bench.spec import Scalar, format_value

__all__ = ["Floats", "Group", "Kind", "MeanMetric", "Metric", "Need", "Scale", "SetMetric"]

Floats = NDArray[np.float64]
Kind = Literal["mean", "corpus", "set"]
Group = Literal["selection", "set diversity", "n-gram", "diversity of text"]
Need = Literal["images", "gold images", "features", "text", "references"]
Scale = Literal["unit", "percent", "count"]


@dataclasses.dataclass(frozen=True)
class Metric(abc.ABC):
    """A metric is an immutable value; its parameters are its dataclass fields.

    Equality, hash, :attr:`name` and :attr:`signature` all follow from the fields, and
    :func:`showcase_bench.metrics.parse_metric` turns a name or signature back into the value.
    """

    summary: ClassVar[str]
    """One line for lists."""
    group: ClassVar[Group]
    kind: ClassVar[Kind]
    higher_is_better: ClassVar[bool | None]
    """None where neither direction is better, as for length."""
    bounds: ClassVar[tuple[float, float]]
    """Smallest and largest possible value; the worst is what a missing prediction scores."""
    scale: ClassVar[Scale]
    needs: ClassVar[frozenset[Need]]
    version: ClassVar[int] = 1
    """Raised by every change that can move a number."""
    facts: ClassVar[Mapping[str, str]] = {}
    """What defines the number and is not a parameter, such as ``case: lc``."""
    citation: ClassVar[str] = ""
    oracle: ClassVar[str] = ""
    """The independent implementation that the tests hold this one against."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Short name with the parameters that the field writes into it, such as ``precision@3``."""

    @property
    def in_name(self) -> frozenset[str]:
        """Names of the fields that :attr:`name` already spells out."""
        return frozenset()

    @property
    def signature(self) -> str:
        """Name, parameters, facts and version: ``name|key:value|...|v:1``."""
        parts = [self.name]
        for field in dataclasses.fields(self):
            if field.name not in self.in_name:
                value: Scalar = getattr(self, field.name)
                parts.append(f"{field.name}:{format_value(value)}")
        parts += [f"{key}:{value}" for key, value in self.facts.items()]
        return "|".join([*parts, f"v:{self.version}"])

    def __str__(self) -> str:
        return self.signature

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Which examples were attempted and can be scored; bool of shape [n].

        An example without the gold that the metric needs cannot.
        """
        if "images" in self.needs:
            scored = np.array([bool(ids) for ids in batch.selected], dtype=bool)
        else:
            scored = np.array([text is not None for text in batch.hypotheses], dtype=bool)
        if "references" in self.needs:
            scored &= batch.has_reference()
        if "gold images" in self.needs:
            scored &= batch.has_gold_images()
        return scored

    @abc.abstractmethod
    def statistics(self, batch: Batch) -> Floats:
        """One row per example, float64 of shape [n, d], finite everywhere.

        A missing prediction has the row that gives the metric's worst value.
        """

    @abc.abstractmethod
    def score(self, sums: Floats) -> Floats:
        """Compute the value from summed rows, [..., d] to [...]; NaN where nothing is scored."""

    def influence(self, stats: Floats) -> Floats:
        """Influence of each example on the score, float64 of shape [n]; sums to zero.

        The default is the infinitesimal jackknife: the gradient of :meth:`score` at the mean row
        (central differences) times the centred rows. ``sum(influence**2) / n**2`` estimates the
        variance of the score.
        """
        n, d = stats.shape
        if n == 0:
            return np.zeros(0)
        mean = stats.mean(axis=0)
        step = 1e-5 * np.maximum(np.abs(mean), 1e-3)
        nudge = np.diag(step)
        # score() takes sums, and a corpus formula need not be homogeneous: keep the size n.
        gradient = (self.score(n * (mean + nudge)) - self.score(n * (mean - nudge))) / (2 * step)
        centred: Floats = (stats - mean) @ np.nan_to_num(gradient).reshape(d)
        return centred

    @property
    def worst(self) -> float:
        """What a missing prediction scores."""
        return self.bounds[1] if self.higher_is_better is False else self.bounds[0]


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


@dataclasses.dataclass(frozen=True)
class SetMetric(Metric):
    """A metric of the whole set of outputs, such as Distinct-n.

    Rows are ``[share, exclusive, size]``: how much of the numerator this example accounts for when
    shared items are split evenly, how much only it holds, and its part of the denominator. Sums
    are exact for the set that the rows were made from; a resample with duplicates is meaningless,
    so the influence is the delete-one jackknife and the bootstrap is refused.
    """

    kind: ClassVar[Kind] = "set"

    def score(self, sums: Floats) -> Floats:
        """Numerator over denominator; NaN when the denominator is empty."""
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Floats = np.where(sums[..., 2] > 0, sums[..., 0] / sums[..., 2], np.nan)
        return result

    def influence(self, stats: Floats) -> Floats:
        """Delete-one jackknife: (n - 1) * (mean of the delete-one scores - each of them), negated.

        An example whose removal lowers the score has a positive influence.
        """
        n = len(stats)
        if n < 2:
            return np.zeros(n)
        total = stats.sum(axis=0)
        size = total[2] - stats[:, 2]
        left = np.where(size > 0, (total[0] - stats[:, 1]) / np.maximum(size, 1), 0.0)
        influence: Floats = (n - 1) * (left.mean() - left)
        return influence


def require_at_least(value: int, least: int, what: str) -> None:
    """Raise a :class:`UsageError` unless ``value`` is an integer of at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{what} must be an integer of at least {least}, not {value!r}")
