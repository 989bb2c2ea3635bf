"""What the selection metrics share: which of the first k shown images are gold."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import (
    Floats,
    Group,
    MeanMetric,
    Need,
    Scale,
    require_at_least,
)
from showcase_bench.metrics.batch import Batch

__all__ = ["SelectionMetric", "discounts", "gold_counts", "relevance"]


def relevance(batch: Batch, k: int) -> NDArray[np.bool_]:
    """Whether the image at each of the first ``k`` places is gold; bool of shape [n, k].

    Places beyond the shown images are False, and so is a repetition of an image.
    """
    return batch.memo(("relevance", k), lambda: _relevance(batch, k))


def _relevance(batch: Batch, k: int) -> NDArray[np.bool_]:
    hits = np.zeros((len(batch), k), dtype=bool)
    for row, (shown, gold) in enumerate(zip(batch.selected, batch.gold_images, strict=True)):
        left = set(gold)
        for place, image in enumerate(shown[:k]):
            if image in left:
                left.remove(image)
                hits[row, place] = True
    return hits


def gold_counts(batch: Batch) -> NDArray[np.int64]:
    """Count the distinct gold images of each example; int64 of shape [n]."""
    return np.array([len(set(ids)) for ids in batch.gold_images], dtype=np.int64)


def discounts(k: int) -> Floats:
    """``1 / log2(1 + place)`` for places 1 to ``k``; float64 of shape [k]."""
    places: Floats = np.arange(1, k + 1, dtype=np.float64)
    return 1.0 / np.log2(1.0 + places)


@dataclasses.dataclass(frozen=True)
class SelectionMetric(MeanMetric):
    """A metric of the first k shown images that is linear in the hits at each place.

    The relevance of an image is binary: gold or not. Examples without a gold image are left out
    for every system; one where nothing is shown scores 0.

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
    label: ClassVar[str]
    """The name without its cutoff."""

    def __post_init__(self) -> None:
        require_at_least(self.k, 1, f"k of {self.label}")

    @property
    def name(self) -> str:
        """Label and cutoff, such as ``precision@3``."""
        return f"{self.label}@{self.k}"

    @property
    def in_name(self) -> frozenset[str]:
        """The cutoff is in the name."""
        return frozenset({"k"})

    @abc.abstractmethod
    def weights(self, gold: NDArray[np.int64]) -> Floats:
        """Give the worth of a hit at each place, float64 of shape [n, k]; it never rises.

        ``gold`` is the number of gold images of each example, int64 of shape [n], at least 1.
        """

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one gold image; bool of shape [n]."""
        return batch.has_gold_images()

    def values(self, batch: Batch) -> Floats:
        """Sum of the weights at the places that hit, float64 of shape [n]."""
        weights = self.weights(np.maximum(gold_counts(batch), 1))
        values: Floats = (relevance(batch, self.k) * weights).sum(axis=1)
        return np.minimum(values, self.bounds[1])  # the weights may add up to 1 + 2e-16
