"""Where the shown images are gold, found once for all selection metrics of a batch."""

from __future__ import annotations

from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch

__all__ = ["Hits", "Integers", "first_hits", "hits_at"]

Integers = NDArray[np.int64]


class Hits(NamedTuple):
    """The places that show a gold image, by example and then by place."""

    rows: Integers
    """Example of each hit; int64 of shape [h], ascending."""
    places: Integers
    """Place of each hit, from 1; int64 of shape [h]."""
    ranks: Integers
    """Hits of the example up to and including this one; int64 of shape [h]."""
    gold: Integers
    """Distinct gold images of each example; int64 of shape [n]."""

    def add_up(self, worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the hits of each example of their ``worth``; [h] to [n], 0 without a hit."""
        # A bincount of nothing gives integers.
        return np.bincount(self.rows, worth, minlength=len(self.gold)).astype(np.float64)


def hits_at(batch: Batch, k: int) -> Hits:
    """Hits among the first ``k`` places; a repeated image takes a place and hits once."""
    return batch.memo(("hits", k), lambda: _cut(batch.memo("hits", lambda: _find(batch)), k))


def first_hits(number: Integers, gold: Integers) -> Hits:
    """Hits of examples that show ``number`` gold images at the first places and no other.

    Both are int64 of shape [n]: the hits and the gold images of each example.
    """
    rows = np.repeat(np.arange(len(number)), number)
    ranks = _ranks(rows, len(number))
    return Hits(rows, ranks, ranks, gold)


def _find(batch: Batch) -> Hits:
    rows, places, gold = array("q"), array("q"), array("q")
    for row, (shown, known) in enumerate(zip(batch.selected, batch.gold_images, strict=True)):
        left = set(known)
        gold.append(len(left))
        for place, image in enumerate(shown, start=1):
            if image in left:
                left.remove(image)
                rows.append(row)
                places.append(place)
    found = np.array(rows, dtype=np.int64)
    ranks = _ranks(found, len(batch))
    return Hits(found, np.array(places, dtype=np.int64), ranks, np.array(gold, dtype=np.int64))


def _cut(hits: Hits, k: int) -> Hits:
    kept = hits.places <= k
    return Hits(hits.rows[kept], hits.places[kept], hits.ranks[kept], hits.gold)


def _ranks(rows: Integers, n: int) -> Integers:
    number = np.bincount(rows, minlength=n)
    ranks: Integers = np.arange(1, len(rows) + 1) - (np.cumsum(number) - number)[rows]
    return ranks
