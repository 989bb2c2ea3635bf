"""Recall at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.hits import SelectionMetric

__all__ = ["Recall"]


@dataclasses.dataclass(frozen=True)
class Recall(SelectionMetric):
    """Share of the gold images that are among the first k shown."""

    label: ClassVar[str] = "recall"
    summary: ClassVar[str] = "share of the gold images shown at the first k places"
    oracle: ClassVar[str] = "ir_measures R@k"

    def weights(self, gold: NDArray[np.int64]) -> Floats:
        """``1 / gold`` at each place; float64 of shape [n, k]."""
        return np.repeat(1.0 / gold[:, np.newaxis], self.k, axis=1)
