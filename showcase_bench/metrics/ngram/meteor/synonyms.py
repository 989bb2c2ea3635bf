"""Synonym sets of words, through their base forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Synonyms"]

_RULES = (
    ("s", ""),
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
    ("es", "e"),
    ("es", ""),
    ("ed", "e"),
    ("ed", ""),
    ("ing", "e"),
    ("ing", ""),
    ("er", ""),
    ("est", ""),
    ("er", "e"),
    ("est", "e"),
)
"""WordNet's endings and what replaces them (Miller 1995); the first that gives a word is taken."""


class Synonyms(NamedTuple):
    """WordNet's synonym sets, as METEOR looks words up."""

    rows: Mapping[str, int]
    """Row of each word."""
    starts: NDArray[np.int32]
    """Where a row's sets start; int32 of shape [rows + 1]."""
    sets: NDArray[np.int32]
    """Ids of synonym sets, row after row."""
    bases: Mapping[str, list[str]]
    """Base forms of irregular words."""

    def sets_of(self, word: str) -> list[int]:
        """Ascending ids of the sets that hold the word or its base form; may be empty.

        An irregular word has the base forms of the list of exceptions, another one the first
        base form that removing an ending gives; words of one or two letters and in -ss have none.
        """
        found = set(self._own(word))
        if word in self.bases:
            for base in self.bases[word]:
                found.update(self._own(base))
        elif len(word) > 2 and not word.endswith("ss"):
            found.update(self._own(self._base(word)))
        return sorted(found)

    def _base(self, word: str) -> str:
        for ending, replacement in _RULES:
            if word.endswith(ending):
                base = word[: len(word) - len(ending)] + replacement
                if base in self.rows:
                    return base
        return ""

    def _own(self, word: str) -> list[int]:
        row = self.rows.get(word)
        if row is None:
            return []
        sets: list[int] = self.sets[self.starts[row] : self.starts[row + 1]].tolist()
        return sets
