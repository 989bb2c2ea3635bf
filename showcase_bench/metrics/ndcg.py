"""Normalised discounted cumulative gain at k."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.hits import SelectionMetric, discounts

__all__ = ["NDCG"]


@dataclasses.dataclass(frozen=True)
class NDCG(SelectionMetric):
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

    def weights(self, gold: NDArray[np.int64]) -> Floats:
        """Discount of each place over the ideal sum; float64 of shape [n, k]."""
        gains = discounts(self.k)
        ideal = np.cumsum(gains)[np.minimum(gold, self.k) - 1]
        weights: Floats = gains / ideal[:, np.newaxis]
        return weights
