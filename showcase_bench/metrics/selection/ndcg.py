"""Normalised discounted cumulative gain at k."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.hits import Integers
from showcase_bench.metrics.selection.weighted import WeightedHits

__all__ = ["NDCG"]


@dataclasses.dataclass(frozen=True)
class NDCG(WeightedHits):
    """Gain of the hits, discounted by ``1 / log2(1 + place)``, over that of the ideal order.

    The ideal shows min(k, number of gold images) gold images first. Järvelin and Kekäläinen 2002.
    """

    label: ClassVar[str] = "ndcg"
    summary: ClassVar[str] = "discounted gain of the gold images shown, relative to the ideal"
    facts: ClassVar[Mapping[str, str]] = {"rel": "binary", "discount": "log2"}
    citation: ClassVar[str] = (
        "Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 2002"
    )
    oracle: ClassVar[str] = "ir_measures nDCG@k"

    def worth(self, places: Integers, gold: Integers) -> Floats:
        """Discount of each place over the ideal sum; float64, the two shapes broadcast."""
        ideal = np.minimum(gold, self.k)
        last = int(max(places.max(initial=1), ideal.max(initial=1)))
        gains = 1.0 / np.log2(1.0 + np.arange(1, last + 1))
        worth: Floats = gains[places - 1] / np.cumsum(gains)[ideal - 1]
        return worth
