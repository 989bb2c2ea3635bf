"""How much each token counts in BERTScore."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

__all__ = ["TokenWeights", "inverse_frequencies"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class TokenWeights:
    """Weights of tokens by their number in the vocabulary."""

    special: Ints
    """Tokens that weigh nothing, such as those that mark the ends of a text."""
    rarity: Floats | None = None
    """Weight of each token number; the last one is that of all higher numbers. None: all 1."""

    def of(self, ids: Ints, offsets: Ints) -> Floats:
        """Weights of the tokens of some texts, float64 of shape [len(ids)]; see TokenVectors.

        They sum to 1 over each text, and are all 0 where a text has special tokens only. Where all
        others weigh nothing they weigh the same.
        """
        n = len(offsets) - 1
        text = np.repeat(np.arange(n), np.diff(offsets))
        plain = (~np.isin(ids, self.special)).astype(np.float64)
        weights = plain
        if self.rarity is not None:
            weights = plain * self.rarity[np.minimum(ids, len(self.rarity) - 1)]
            weightless = np.bincount(text, weights=weights, minlength=n) == 0
            weights = np.where(weightless[text], plain, weights)
        totals = np.bincount(text, weights=weights, minlength=n)
        shares: Floats = weights / np.where(totals > 0, totals, 1.0)[text]
        return shares


def inverse_frequencies(ids: Ints, offsets: Ints) -> Floats:
    """``log((N + 1) / (n + 1))`` of each token number, where n of the N texts have the token.

    float64; the last entry is that of all higher numbers, which no text has.
    """
    texts, size = len(offsets) - 1, int(ids.max(initial=-1)) + 2
    text = np.repeat(np.arange(texts), np.diff(offsets))
    once = np.unique(text * size + ids) % size
    found = np.bincount(once, minlength=size)
    frequencies: Floats = np.log((texts + 1) / (found + 1))
    return frequencies
