"""Selection metrics that add up a worth of each place that hits."""

from __future__ import annotations

import abc
import dataclasses

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.draws import Draws, Moments
from showcase_bench.metrics.selection.hits import Hits, Integers

__all__ = ["WeightedHits"]


@dataclasses.dataclass(frozen=True)
class WeightedHits(SelectionMetric):
    """A selection metric that is linear in the hits.

    The hits of a random draw are exchangeable: with R gold images among N and p = R / N, each
    place has the variance p(1 - p), each two places the covariance -p(1 - p) / (N - 1).
    """

    @abc.abstractmethod
    def worth(self, places: Integers, gold: Integers) -> Floats:
        """Worth of a hit at each of ``places``, float64; it never rises with the place.

        ``places`` (1 to k) and ``gold`` (number of gold images, at least 1) are int64 of shapes
        that broadcast; so is the result.
        """

    def of_hits(self, hits: Hits) -> Floats:
        """Sum of the worth of the hits; float64 of shape [n]."""
        return hits.add_up(self.worth(hits.places, hits.gold[hits.rows]))

    def moments(self, draws: Draws) -> Moments:
        """Mean and variance of the sum over random hits; float64 of shape [u] each."""
        places, shown = draws.places(self.k), draws.shown(self.k)[:, np.newaxis]
        worth = self.worth(places[np.newaxis, :], draws.gold[:, np.newaxis])
        worth = np.where(places <= shown, worth, 0.0)
        total, squares = worth.sum(axis=1), (worth**2).sum(axis=1)
        share = draws.together(1)
        covariance = (total**2 - squares) / np.maximum(draws.size - 1, 1)
        variance = np.maximum(share * (1 - share) * (squares - covariance), 0.0)
        return Moments(share * total, variance)
