"""How much of a text stands in one training review."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["NGRAM", "TrainingIndex"]

NGRAM = 5
"""Words of a phrase that counts as shared."""
_MOST_REVIEWS = 200
"""A phrase of more reviews than this is nobody's."""
_WORD = re.compile(r"\w+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Codes = NDArray[np.uint64]
Rows = NDArray[np.int64]


class TrainingIndex:
    """The phrases of the training reviews, each with the reviews that hold it."""

    def __init__(self, reviews: Sequence[str]) -> None:
        self._reviews = len(reviews)
        self._words: dict[str, int] = {}
        codes, rows = self._phrases(reviews)
        codes, rows = _distinct(codes, rows)
        self._codes, self._rows = codes, rows

    def shared(self, texts: Sequence[str | None]) -> NDArray[np.float64]:
        """Of each text the largest share of its distinct phrases that stands in one review.

        float64 of shape [n]; NaN for a text of fewer than eight words, and a missing one.
        """
        found = np.full(len(texts), np.nan)
        long = [at for at, text in enumerate(texts) if len(_WORD.findall(text or "")) >= NGRAM + 3]
        if not long:
            return found
        codes, owners = _distinct(*self._phrases([texts[at] or "" for at in long]))
        sizes = np.bincount(owners, minlength=len(long))
        most = self._most_shared(codes, owners, len(long))
        found[long] = most / sizes
        return found

    def _most_shared(self, codes: Codes, owners: Rows, n: int) -> NDArray[np.float64]:
        """Of each text the number of phrases that the review with most of them shares."""
        low = np.searchsorted(self._codes, codes, "left")
        counts = np.searchsorted(self._codes, codes, "right") - low
        counts[counts > _MOST_REVIEWS] = 0
        first = np.cumsum(counts) - counts
        at = np.repeat(low - first, counts) + np.arange(int(counts.sum()))
        pairs = np.repeat(owners, counts) * max(self._reviews, 1) + self._rows[at]
        both, shared = np.unique(pairs, return_counts=True)
        most = np.zeros(n)
        np.maximum.at(most, both // max(self._reviews, 1), shared)
        return most

    def _phrases(self, texts: Sequence[str]) -> tuple[Codes, Rows]:
        """A code for each run of words, and the text that it is of."""
        words, number = self._words, self._words.setdefault
        flat: list[int] = []
        lengths = []
        for text in texts:
            tokens = _WORD.findall(text.casefold())
            flat += [number(token, len(words)) for token in tokens]
            lengths.append(len(tokens))
        ids = np.array(flat, dtype=np.uint64)
        owner = np.repeat(np.arange(len(texts)), lengths)
        if len(ids) < NGRAM:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        starts = len(ids) - NGRAM + 1
        codes = np.zeros(starts, np.uint64)
        for step in range(NGRAM):
            codes = (codes ^ (ids[step : step + starts] + np.uint64(1))) * _FACTOR
            codes ^= codes >> np.uint64(29)
        whole = owner[:starts] == owner[NGRAM - 1 :]
        return codes[whole], owner[:starts][whole]


def _distinct(codes: Codes, rows: Rows) -> tuple[Codes, Rows]:
    """Pairs without repetition, ordered by code and row."""
    order = np.lexsort((rows, codes))
    codes, rows = codes[order], rows[order]
    new = np.ones(len(codes), dtype=bool)
    new[1:] = (codes[1:] != codes[:-1]) | (rows[1:] != rows[:-1])
    return codes[new], rows[new]
