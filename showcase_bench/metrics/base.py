"""The metric contract: one row of statistics per example, and a formula over summed rows.

A corpus metric is an additive statistic plus a formula (the idea of sacreBLEU's sufficient
statistics, Post 2018). Everything that follows, intervals, resampling tests, slices, merging of
shards, works on the rows and never touches text again.
"""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.corpus import ReferenceCorpus
from showcase_bench.spec import Scalar, format_arguments, format_value
from showcase_bench.types import Timings

__all__ = [
    "Cost",
    "Floats",
    "Group",
    "Kind",
    "MeanMetric",
    "Metric",
    "Need",
    "RunMetric",
    "Scale",
    "SetMetric",
]

Floats = NDArray[np.float64]
Kind = Literal["mean", "corpus", "set", "run"]
Group = Literal["selection", "set diversity", "n-gram", "diversity of text", "cost"]
Need = Literal[
    "images", "gold images", "pools", "features", "text", "references", "training texts", "timings"
]
Scale = Literal[
    "unit", "percent", "ten", "count", "bits", "seconds", "milliseconds", "per second", "MiB"
]
Cost = Literal["low", "medium", "high"]


@dataclasses.dataclass(frozen=True)
class Metric(abc.ABC):
    """A metric is an immutable value; its parameters are its dataclass fields.

    Equality, hash, :attr:`name` and :attr:`signature` all follow from the fields, and
    :func:`showcase_bench.metrics.parse_metric` turns a name or signature back into the value.
    """

    label: ClassVar[str]
    """The name without parameters, such as ``precision``."""
    named_by: ClassVar[Mapping[str, str]] = {}
    """Fields that belong to the name, and the sign before each: ``{"k": "@"}``."""
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
    cost: ClassVar[Cost] = "low"
    """Of a text on one core: low up to 20 microseconds, medium up to 200, high above."""
    version: ClassVar[int] = 1
    """Raised by every change that can move a number."""
    facts: ClassVar[Mapping[str, str]] = {}
    """What defines the number and is not a parameter, such as ``case: lc``."""
    citation: ClassVar[str] = ""
    oracle: ClassVar[str] = ""
    """The independent implementation that the tests hold this one against."""

    corpus_field: ClassVar[str | None] = None
    """Field with the key of the corpus that the metric's numbers also depend on, if they do."""
    corpus_source: ClassVar[Literal["references", "training texts"]] = "references"
    """Which corpus that is."""

    @property
    def short_name(self) -> str:
        """Label with the parameters of :attr:`named_by`, such as ``precision@3``."""
        values = (f"{sign}{getattr(self, field)}" for field, sign in self.named_by.items())
        return self.label + "".join(values)

    @property
    def in_name(self) -> frozenset[str]:
        """Names of the fields that :attr:`short_name` already spells out."""
        return frozenset(self.named_by)

    @property
    def name(self) -> str:
        """Short name with the parameters that differ from their defaults: ``bleu-4(tok=words)``."""
        given = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in {*self.in_name, self.corpus_field}
            and getattr(self, field.name) != field.default
        }
        return f"{self.short_name}{format_arguments(given)}"

    @property
    def signature(self) -> str:
        """Short name, parameters, facts and version: ``name|key:value|...|v:1``."""
        parts = [self.short_name]
        for field in dataclasses.fields(self):
            if field.name not in self.in_name:
                value: Scalar = getattr(self, field.name)
                parts.append(f"{field.name}:{format_value(value)}")
        parts += [f"{key}:{value}" for key, value in self.facts.items()]
        return "|".join([*parts, f"v:{self.version}"])

    def __str__(self) -> str:
        return self.signature

    @staticmethod
    def parse(text: str, default_k: int = 3) -> Metric:
        """Turn a name, a spec or what ``str(metric)`` gave into a metric.

        See :func:`showcase_bench.metrics.parse_metric`, which this is.
        """
        from showcase_bench.metrics.parse import parse_metric

        return parse_metric(text, default_k)

    def bind(self, references: ReferenceCorpus, training: ReferenceCorpus | None = None) -> Self:
        """Return the metric fixed to the corpus that it depends on; itself where there is none.

        Raises
        ------
        UsageError
            The metric is bound to another corpus already.
        """
        corpus = references if self.corpus_source == "references" else training
        if self.corpus_field is None or corpus is None:
            return self
        bound = getattr(self, self.corpus_field)
        if bound not in (None, corpus.key):
            raise UsageError(
                f"{self} depends on the {self.corpus_source} {bound}, and these are {corpus.key}; "
                f"score the same data, or leave {self.corpus_field} out"
            )
        return dataclasses.replace(self, **{self.corpus_field: corpus.key})

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Which examples were attempted and can be scored; bool of shape [n].

        An example without the gold that the metric needs cannot.
        """
        scored = batch.has_images if "images" in self.needs else batch.has_text
        if "references" in self.needs:
            scored = scored & batch.has_reference
        if "gold images" in self.needs:
            scored = scored & batch.has_gold_images
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
        n = len(stats)
        if n == 0:
            return np.zeros(0)
        mean = stats.mean(axis=0)
        # A column that is the same for all moves nothing, and may stand where it cannot be nudged.
        varied = np.flatnonzero((stats != stats[0]).any(axis=0))
        step = 1e-5 * np.maximum(np.abs(mean[varied]), 1e-3)
        nudge = np.zeros((len(varied), len(mean)))
        nudge[np.arange(len(varied)), varied] = step
        # score() takes sums, and a corpus formula need not be homogeneous: keep the size n.
        gradient = (self.score(n * (mean + nudge)) - self.score(n * (mean - nudge))) / (2 * step)
        centred: Floats = (stats - mean)[:, varied] @ np.nan_to_num(gradient)
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


def require_at_least(value: int, least: int, what: str) -> None:
    """Raise a :class:`UsageError` unless ``value`` is an integer of at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{what} must be an integer of at least {least}, not {value!r}")
