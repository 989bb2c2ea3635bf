"""A model and a metric as a stranger would write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from showcase_bench import ImageStore, Model, Query, Showcase
from showcase_bench.metrics import Batch, MeanMetric


class FirstPhotos(Model):
    """Shows the first photos of the pool and says so."""

    def __init__(self, count: int = 2) -> None:
        self.count = count

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        for query in queries:
            shown = query.pool[: min(self.count, query.k)]
            yield Showcase(query.id, shown, f"{len(shown)} photos of this place.")


@dataclass(frozen=True)
class Shown(MeanMetric):
    """How many photos are shown."""

    label: ClassVar[str] = "shown"
    summary: ClassVar[str] = "photos shown"
    group: ClassVar = "selection"
    higher_is_better: ClassVar[bool | None] = None
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    scale: ClassVar = "count"
    needs: ClassVar = frozenset({"images"})

    def values(self, batch: Batch) -> np.ndarray:
        return np.array([len(ids) for ids in batch.selected], dtype=np.float64)
