"""Precision at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.hits import SelectionMetric

__all__ = ["Precision"]


@dataclasses.dataclass(frozen=True)
class Precision(SelectionMetric):
    """Share of gold images among k places.

    The divisor is k also where fewer images are shown or the pool is smaller than k, as in
    ``P@k`` of trec_eval.
    """

    label: ClassVar[str] = "precision"
    summary: ClassVar[str] = "share of the k places that show a gold image"
    oracle: ClassVar[str] = "ir_measures P@k"

    def weights(self, gold: NDArray[np.int64]) -> Floats:
        """``1 / k`` at each place; float64 of shape [n, k]."""
        return np.full((len(gold), self.k), 1.0 / self.k)
