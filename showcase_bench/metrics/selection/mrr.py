"""Mean reciprocal rank at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.draws import Draws, Moments
from showcase_bench.metrics.selection.hits import Hits

__all__ = ["MRR"]


@dataclasses.dataclass(frozen=True)
class MRR(SelectionMetric):
    """One over the place of the first gold image among the first k; 0 without one.

    Voorhees 1999.
    """

    label: ClassVar[str] = "mrr"
    summary: ClassVar[str] = "one over the place of the first gold image shown"
    citation: ClassVar[str] = "Voorhees, The TREC-8 question answering track report, TREC 1999"
    oracle: ClassVar[str] = "ir_measures RR@k, ranx mrr@k"

    def of_hits(self, hits: Hits) -> Floats:
        """One over the place of the first hit of each example; float64 of shape [n]."""
        value = np.zeros(len(hits.gold))
        first = hits.ranks == 1
        value[hits.rows[first]] = 1.0 / hits.places[first]
        return value

    def moments(self, draws: Draws) -> Moments:
        """Mean and variance over the place of the first hit; float64 of shape [u] each.

        The first hit is at place j with the chance that j - 1 places miss less that j places do.
        """
        without = draws.without(self.k)
        first, never = without[:, :-1] - without[:, 1:], without[:, -1]
        value = 1.0 / draws.places(self.k)
        mean = first @ value
        spread = (value - mean[:, np.newaxis]) ** 2
        return Moments(mean, (first * spread).sum(axis=1) + never * mean**2)
