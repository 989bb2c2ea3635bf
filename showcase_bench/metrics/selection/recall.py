"""Recall at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.hits import Integers
from showcase_bench.metrics.selection.weighted import WeightedHits

__all__ = ["Recall"]


@dataclasses.dataclass(frozen=True)
class Recall(WeightedHits):
    """Share of the gold images that are among the first k shown."""

    label: ClassVar[str] = "recall"
    summary: ClassVar[str] = "share of the gold images shown at the first k places"
    oracle: ClassVar[str] = "ir_measures R@k"

    def worth(self, places: Integers, gold: Integers) -> Floats:
        """``1 / gold`` at each place; float64 of the shape of ``places`` and ``gold`` together."""
        return np.broadcast_to(1.0 / gold, np.broadcast_shapes(places.shape, gold.shape))
