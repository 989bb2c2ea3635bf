"""The metric contract: one row of statistics per example, and a formula over summed rows.

A corpus metric is an additive statistic plus a formula (the idea of sacreBLEU's sufficient
statistics, Post 2018). Everything that follows, intervals, resampling tests, slices, merging of
shards, works on the rows and never touches text again.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Collection, Mapping
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.spec import Scalar, format_arguments, format_value
from showcase_bench.types import TextEmbeddings

__all__ = [
    "Control",
    "Cost",
    "Floats",
    "Group",
    "Kind",
    "Metric",
    "Need",
    "Scale",
    "require_at_least",
    "require_encoder",
    "require_one_of",
]

Floats = NDArray[np.float64]
Kind = Literal["mean", "corpus", "set", "run"]
Group = Literal[
    "selection",
    "set diversity",
    "n-gram",
    "diversity of text",
    "embedding",
    "personalization",
    "grounding",
    "cost",
]
Need = Literal[
    "images",
    "gold images",
    "pools",
    "features",
    "text",
    "references",
    "training texts",
    "embeddings",
    "histories",
    "swaps",
    "timings",
]
Control = Literal["other user", "other photos", "photos elsewhere"]
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

    encoder_field: ClassVar[str | None] = None
    """Field with the name of the encoder whose weights the numbers depend on, if they do."""
    floor: ClassVar[Control | None] = None
    """What scores the least that means anything: the same texts given to other users, or shown
    beside other photos. The references are the ceiling then."""

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
            and self._without_weights(field.name) != field.default
        }
        return f"{self.short_name}{format_arguments(given)}"

    def _without_weights(self, field: str) -> Scalar:
        value: Scalar = getattr(self, field)
        if field == self.encoder_field and isinstance(value, str):
            return value.partition("@")[0]
        return value

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

    def bind(
        self,
        references: TextCorpus,
        training: TextCorpus | None = None,
        embeddings: TextEmbeddings | None = None,
    ) -> Self:
        """Return the metric fixed to the corpus and the weights that its numbers depend on.

        Parameters
        ----------
        embeddings
            Knows the encoders and completes their names by the hash of their weights.

        Raises
        ------
        UsageError
            The metric is bound to another corpus or to other weights already.
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used.
        """
        if self.encoder_field is not None and embeddings is not None:
            named = {self.encoder_field: embeddings.identify(getattr(self, self.encoder_field))}
            self = dataclasses.replace(self, **named)
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
        if {"images", "text"} <= self.needs:
            scored = batch.has_images & batch.has_text
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


def require_at_least(value: int, least: int, what: str) -> None:
    """Raise a :class:`UsageError` unless ``value`` is an integer of at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{what} must be an integer of at least {least}, not {value!r}")


def require_encoder(encoder: object, metric: str) -> None:
    """Raise a :class:`UsageError` unless ``encoder`` can be a name that a signature holds."""
    if not isinstance(encoder, str) or not encoder or "|" in encoder:
        raise UsageError(f"encoder of {metric} must be a name without '|', not {encoder!r}")


def require_one_of(value: object, known: Collection[str], what: str) -> None:
    """Raise a :class:`UsageError` unless ``value`` is one of ``known``."""
    if value not in known:
        raise UsageError(f"{what} must be one of {', '.join(known)}, not {value!r}")
