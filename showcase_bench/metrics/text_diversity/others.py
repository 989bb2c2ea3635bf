"""How close in length the other texts are to each text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Closest", "closest_others"]

Ints = NDArray[np.int64]
_FAR = np.iinfo(np.int64).max


class Closest(NamedTuple):
    """Of each document; all int64 of shape [documents]."""

    length: Ints
    """Length closest to its own among the texts of other documents, of two equally close ones the
    smaller; its own where there is no other."""
    holder: Ints
    """Document of the only such text, or -1 where several have this length."""
    then: Ints
    """The closest length without that text; :attr:`length` where there are several."""


def closest_others(lengths: Ints, copies: Ints) -> Closest:
    """Find the closest lengths.

    Parameters
    ----------
    lengths
        Tokens of each document, int64.
    copies
        Texts of each document, int64, at least 1; those of the document itself do not count.
    """
    sizes, at = np.unique(lengths, return_inverse=True)
    own = np.arange(len(lengths))
    texts = np.zeros(len(sizes), dtype=np.int64)
    documents = np.zeros(len(sizes), dtype=np.int64)
    np.add.at(texts, at, copies)
    np.add.at(documents, at, copies * own)
    # The two nearest other lengths are among the two shorter, its own and the two longer ones.
    places = at[:, np.newaxis] + np.arange(-2, 3)
    within = (places >= 0) & (places < len(sizes))
    places = np.clip(places, 0, max(len(sizes) - 1, 0))
    mine = np.where(places == at[:, np.newaxis], copies[:, np.newaxis], 0)
    others = np.where(within, texts[places] - mine, 0)
    distance = sizes[places] - lengths[:, np.newaxis]
    rank = np.where(others > 0, 2 * np.abs(distance) + (distance > 0), _FAR)
    first = rank.argmin(axis=1)
    there = rank[own, first] < _FAR
    length = np.where(there, sizes[places[own, first]], lengths)
    alone = there & (others[own, first] == 1)
    # The sum of the documents of this length is the only one that is left of it.
    left = documents[places[own, first]] - mine[own, first] * own
    rank[own[alone], first[alone]] = _FAR
    second = rank.argmin(axis=1)
    then = np.where(rank[own, second] < _FAR, sizes[places[own, second]], lengths)
    return Closest(length, np.where(alone, left, -1), np.where(alone, then, length))
