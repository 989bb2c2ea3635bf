"""What every selection metric is: a value of the places that hit, and its chance level."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.selection.draws import Draws, Moments
from showcase_bench.metrics.selection.hits import Hits, hits_at

__all__ = ["SelectionMetric"]


@dataclasses.dataclass(frozen=True)
class SelectionMetric(MeanMetric):
    """A metric of which of the first k places show a gold image.

    The relevance of an image is binary: gold or not. Examples without a gold image are left out
    for every system; one where nothing is shown scores 0. A gold image that is named twice counts
    once, and an image that is shown twice hits once.

    Raises
    ------
    UsageError
        ``k`` is not an integer of at least 1.
    """

    k: int

    group: ClassVar[Group] = "selection"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"images", "gold images"})
    facts: ClassVar[Mapping[str, str]] = {"rel": "binary"}
    named_by: ClassVar[Mapping[str, str]] = {"k": "@"}

    def __post_init__(self) -> None:
        require_at_least(self.k, 1, f"k of {self.label}")

    @abc.abstractmethod
    def of_hits(self, hits: Hits) -> Floats:
        """Value of each example, float64 of shape [n]; more or earlier hits never lower it.

        ``hits`` are all within the first k places. An example without gold has no hit, and its
        value is ignored.
        """

    @abc.abstractmethod
    def moments(self, draws: Draws) -> Moments:
        """Exact mean and variance where the images shown are drawn from the pool at random."""

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one gold image; bool of shape [n]."""
        return batch.has_gold_images

    def values(self, batch: Batch) -> Floats:
        """Value of each example, float64 of shape [n]; 0 where nothing is shown."""
        # Sums of shares may exceed the bound by their rounding, 2e-16.
        return np.minimum(self.of_hits(hits_at(batch, self.k)), self.bounds[1])
