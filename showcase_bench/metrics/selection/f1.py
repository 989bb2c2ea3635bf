"""F1 at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.hits import Integers
from showcase_bench.metrics.selection.weighted import WeightedHits

__all__ = ["F1"]


@dataclasses.dataclass(frozen=True)
class F1(WeightedHits):
    """Harmonic mean of precision and recall at k of each example, then averaged.

    With h hits among k places and g gold images it is ``2 h / (k + g)``; no hit gives 0.
    """

    label: ClassVar[str] = "f1"
    summary: ClassVar[str] = "harmonic mean of precision and recall at k, per example"
    oracle: ClassVar[str] = "harmonic mean of ir_measures P@k and R@k"

    def worth(self, places: Integers, gold: Integers) -> Floats:
        """``2 / (k + gold)``; float64 of the shape of ``places`` and ``gold`` together."""
        each = 2.0 / (self.k + gold)
        return np.broadcast_to(each, np.broadcast_shapes(places.shape, gold.shape))
