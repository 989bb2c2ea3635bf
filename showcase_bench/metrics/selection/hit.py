"""Hit rate at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.draws import Draws, Moments
from showcase_bench.metrics.selection.hits import Hits

__all__ = ["Hit"]


@dataclasses.dataclass(frozen=True)
class Hit(SelectionMetric):
    """1 where any of the first k images shown is gold, else 0; its mean is the hit rate."""

    label: ClassVar[str] = "hit"
    summary: ClassVar[str] = "share of examples that show a gold image at the first k places"
    oracle: ClassVar[str] = "ir_measures Success@k, ranx hit_rate@k"

    def of_hits(self, hits: Hits) -> Floats:
        """1.0 or 0.0 for each example; float64 of shape [n]."""
        value = np.zeros(len(hits.gold))
        value[hits.rows] = 1.0
        return value

    def moments(self, draws: Draws) -> Moments:
        """Chance p of any hit and p(1 - p), hypergeometric; float64 of shape [u] each."""
        miss = draws.without(self.k)[:, -1]
        return Moments(1.0 - miss, miss * (1.0 - miss))
