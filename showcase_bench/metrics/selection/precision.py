"""Precision at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.hits import Integers
from showcase_bench.metrics.selection.weighted import WeightedHits

__all__ = ["Precision"]


@dataclasses.dataclass(frozen=True)
class Precision(WeightedHits):
    """Share of gold images among k places.

    The divisor is k also where fewer images are shown or the pool is smaller than k, as in
    ``P@k`` of trec_eval.
    """

    label: ClassVar[str] = "precision"
    summary: ClassVar[str] = "share of the k places that show a gold image"
    oracle: ClassVar[str] = "ir_measures P@k"

    def worth(self, places: Integers, gold: Integers) -> Floats:
        """``1 / k`` at each place; float64 of the shape of ``places`` and ``gold`` together."""
        return np.full(np.broadcast_shapes(places.shape, gold.shape), 1.0 / self.k)
