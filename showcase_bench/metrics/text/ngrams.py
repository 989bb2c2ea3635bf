"""The n-grams of many texts as integers that are the same in every text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.text.table import Rows, TokenIds, gathered

__all__ = ["Level", "NgramTable"]


class Level(NamedTuple):
    """N-grams of one length in all documents of a table.

    Document d has the distinct n-grams ``ids[bounds[d] : bounds[d + 1]]``, ascending.
    """

    bounds: NDArray[np.int64]
    ids: NDArray[np.int32]
    counts: NDArray[np.int32]
    """How often the document has it."""
    stems: NDArray[np.int32]
    """The n-gram one token shorter that each begins with; int32 of shape [n-grams]. Zeros for
    n-grams of one token, which begin with the empty one."""

    @property
    def size(self) -> int:
        """Number of different n-grams."""
        return len(self.stems)

    @property
    def documents(self) -> NDArray[np.int64]:
        """Document of each entry of :attr:`ids`."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))


class NgramTable:
    """Documents out of a table of texts, with their n-grams of any length, found on first use."""

    def __init__(self, tokens: TokenIds, rows: Rows) -> None:
        among = np.zeros(len(tokens.starts), dtype=bool)
        among[rows] = True
        distinct = np.flatnonzero(among)
        self._document_of = np.zeros(len(tokens.starts), dtype=np.int64)
        self._document_of[distinct] = np.arange(len(distinct))
        self.lengths = tokens.lengths[distinct]
        """Tokens of each document; int64."""
        self._tokens, self._offsets = gathered(tokens, distinct)
        self._types = max(len(tokens.vocabulary), 1)
        self._numbers = [self._tokens]
        self._levels: list[Level] = []

    def documents(self, rows: Rows) -> NDArray[np.int64]:
        """Document of each row of the table of texts; the rows must be among the documents."""
        return self._document_of[rows]

    def level(self, order: int) -> Level:
        """The n-grams of ``order`` tokens."""
        from showcase_bench.metrics.text.counts import count_each, number_longer

        while len(self._levels) < order:
            at = len(self._levels)
            stems = np.zeros(self._types, dtype=np.int32)
            if at:
                longer, stems, _, _ = number_longer(
                    self._numbers.pop(), self._tokens, self._types, self._offsets, at
                )
                self._numbers.append(longer)
            counted = count_each(self._numbers[-1], self._offsets, at + 1)
            self._levels.append(Level(*counted, stems))
        return self._levels[order - 1]
