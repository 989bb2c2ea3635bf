"""The examples that offer photos, by business: whose pool stands in for whose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pooled"]


class Pooled:
    """Finds the next example with a pool, of another business.

    Parameters
    ----------
    businesses
        Code of each example's business, int64 of shape [n].
    pools
        Of each example; gone over once.
    """

    def __init__(self, businesses: NDArray[np.int64], pools: Sequence[tuple[str, ...]]) -> None:
        self._businesses = businesses
        self._rows = np.flatnonzero(np.fromiter(map(bool, pools), np.bool_, len(pools)))
        here = businesses[self._rows]
        ends = np.flatnonzero(here[1:] != here[:-1]) + 1
        at = np.searchsorted(ends, np.arange(len(here)), side="right")
        self._next = np.append(ends, len(here))[at]
        """For each of the rows the place of the first after it that is of another business."""

    def next_elsewhere(self, row: int, start: int) -> int | None:
        """The first example with a pool that is not of the business of ``row``.

        From number ``start`` modulo the number of examples on, and round again; None where there
        is none.
        """
        own, rows = self._businesses[row], self._rows
        first = int(np.searchsorted(rows, start % len(self._businesses)))
        for place in (first, 0):
            if place < len(rows) and self._businesses[rows[place]] == own:
                place = int(self._next[place])
            if place < len(rows):
                return int(rows[place])
        return None
