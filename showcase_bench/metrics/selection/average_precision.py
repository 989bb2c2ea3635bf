"""Mean average precision at k."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.selection.base import SelectionMetric
from showcase_bench.metrics.selection.draws import Draws, Moments
from showcase_bench.metrics.selection.hits import Hits, Integers

__all__ = ["MAP"]

_NORMS = ("gold", "ideal")


@dataclasses.dataclass(frozen=True)
class MAP(SelectionMetric):
    """Sum over the hits among the first k of the precision at their place, over a norm.

    The norm is the number of gold images (``gold``, as ``AP@k`` of trec_eval, ir_measures and
    ranx: more gold than places cannot score 1), or the largest possible number of hits, min(k,
    number of gold images) (``ideal``, as in recommendation challenges: the ideal order scores 1).
    Both are the same where no example has more than k gold images.

    Raises
    ------
    UsageError
        ``k`` is not an integer of at least 1, or ``norm`` is unknown.
    """

    norm: str = "gold"

    label: ClassVar[str] = "map"
    summary: ClassVar[str] = "mean precision at the places of the gold images shown"
    citation: ClassVar[str] = (
        "Buckley and Voorhees, Evaluating evaluation measure stability, SIGIR 2000"
    )
    oracle: ClassVar[str] = "ir_measures AP@k, ranx map@k"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm not in _NORMS:
            raise UsageError(
                f"unknown norm {self.norm!r} of map. {did_you_mean(str(self.norm), _NORMS)}"
            )

    def of_hits(self, hits: Hits) -> Floats:
        """Average precision of each example; float64 of shape [n]."""
        return hits.add_up(hits.ranks / hits.places) / self._norm(hits.gold)

    def moments(self, draws: Draws) -> Moments:
        """Mean and variance over random hits; float64 of shape [u] each.

        With X the hits as 0 and 1 and m places filled, the sum of precisions is
        ``sum_{i <= j <= m} X_i X_j / j``. Its moments are sums of chances that one to four given
        places all hit, and how often each number of places comes up depends on m alone.
        """
        shown, places = draws.shown(self.k), draws.places(self.k)
        norm = self._norm(draws.gold)
        one, two, three, four = (draws.together(number) for number in range(1, 5))
        singles = _running_sum(1 / places)[shown]
        mean = one * singles + two * (shown - singles)
        square = sum(
            chance * each[shown]
            for chance, each in zip((one, two, three, four), _products(places), strict=True)
        )
        # A pool of nothing but gold leaves no chance, not even that of rounding.
        variance = np.where(draws.within < draws.size, np.maximum(square - mean**2, 0.0), 0.0)
        return Moments(mean / norm, variance / norm**2)

    def _norm(self, gold: Integers) -> Integers:
        most = gold if self.norm == "gold" else np.minimum(gold, self.k)
        return np.maximum(most, 1)


def _running_sum(terms: Floats) -> Floats:
    """Sums of the first 0, 1, ... p ``terms``; [p] to [p + 1]."""
    return np.concatenate([[0.0], np.cumsum(terms)])


def _products(places: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """Sums of ``1 / (j l)`` over pairs ``i <= j``, ``h <= l`` of the first 0, 1, ... p places.

    The n-th of the four takes the pairs of pairs that name n different places; each is float64
    of shape [p + 1]. Pairs with j = l come first in each sum, then those with j < l, twice.
    """
    j = places.astype(np.float64)
    earlier = _running_sum(1 / j)[:-1]  # sum of 1 / i over i < j
    counts = _running_sum((j - 1) / j)[:-1]  # sum of (i - 1) / i over i < j
    return (
        _running_sum(1 / j**2),
        _running_sum(3 * (j - 1) / j**2 + 4 * earlier / j),
        _running_sum((j - 1) * (j - 2) / j**2 + 2 * ((j - 2) * earlier + 3 * counts) / j),
        _running_sum(2 * (j - 3) * counts / j),
    )
