"""F1 at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.hits import SelectionMetric

__all__ = ["F1"]


@dataclasses.dataclass(frozen=True)
class F1(SelectionMetric):
    """Harmonic mean of precision and recall at k of each example, then averaged.

    With h hits among k places and g gold images it is ``2 h / (k + g)``; no hit gives 0.
    """

    label: ClassVar[str] = "f1"
    summary: ClassVar[str] = "harmonic mean of precision and recall at k, per example"
    oracle: ClassVar[str] = "harmonic mean of ir_measures P@k and R@k"

    def weights(self, gold: NDArray[np.int64]) -> Floats:
        """``2 / (k + gold)`` at each place; float64 of shape [n, k]."""
        return np.repeat(2.0 / (self.k + gold[:, np.newaxis]), self.k, axis=1)
