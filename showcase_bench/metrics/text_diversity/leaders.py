"""Texts with the largest counts of each n-gram, and what others match of them; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["find_leaders", "match_others"]

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
_KEPT = 3
_NOBODY = -1


@kernel
def find_leaders(
    bounds: Ints, ids: Numbers, counts: Numbers, copies: Ints, size: int
) -> tuple[Numbers, Numbers]:
    """The three largest counts of each n-gram in one text, and the documents that have them.

    Parameters
    ----------
    bounds, ids, counts
        N-grams of each document, see :class:`~showcase_bench.metrics.text.ngrams.Level`.
    copies
        Texts of each document, int64; a document of two or more takes up to two of the places.

    Returns
    -------
    best, owner
        int32 of shape [size, 3], in falling order of count, of equal ones the earlier document
        first; a count of 0 belongs to document -1.
    """
    best = np.zeros((size, _KEPT), np.int32)
    owner = np.full((size, _KEPT), _NOBODY, np.int32)
    for d in range(len(copies)):
        for entry in range(bounds[d], bounds[d + 1]):
            gram, count = ids[entry], counts[entry]
            for _ in range(min(copies[d], 2)):
                place = _KEPT
                while place and best[gram, place - 1] < count:
                    place -= 1
                for k in range(_KEPT - 1, place, -1):
                    best[gram, k], owner[gram, k] = best[gram, k - 1], owner[gram, k - 1]
                if place < _KEPT:
                    best[gram, place], owner[gram, place] = count, d
    return best, owner


@kernel
def match_others(
    bounds: Ints, ids: Numbers, counts: Numbers, copies: Ints, best: Numbers, owner: Numbers
) -> tuple[Ints, Numbers, Numbers, Numbers]:
    """Matches of each document with all others, and with which of them matches would go.

    Returns
    -------
    matches
        int64 of shape [documents]: over its n-grams, the sum of the smaller of its count and the
        largest count in a text of another document.
    text, holder, drop
        int32, of the same length, an entry for each n-gram of which document ``text``, of a single
        copy, would match ``drop`` fewer without the only text of document ``holder``.
    """
    matches = np.zeros(len(copies), np.int64)
    text, holder, drop = (
        np.empty(len(ids), np.int32),
        np.empty(len(ids), np.int32),
        np.empty(len(ids), np.int32),
    )
    found = 0
    for d in range(len(copies)):
        for entry in range(bounds[d], bounds[d + 1]):
            gram, count = ids[entry], counts[entry]
            first = 0
            while first < _KEPT and owner[gram, first] == d:
                first += 1
            second = first + 1
            while second < _KEPT and owner[gram, second] == d:
                second += 1
            matched = min(count, best[gram, first]) if first < _KEPT else 0
            without = min(count, best[gram, second]) if second < _KEPT else 0
            matches[d] += matched
            if copies[d] == 1 and without < matched:
                text[found], holder[found] = d, owner[gram, first]
                drop[found] = matched - without
                found += 1
    return matches, text[:found].copy(), holder[:found].copy(), drop[:found].copy()
