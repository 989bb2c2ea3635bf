"""Greedy matching of the tokens of pairs of texts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.types import TokenVectors

__all__ = ["Weighted", "match"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Weighted(NamedTuple):
    """Some texts as BERTScore sees them."""

    tokens: TokenVectors
    weights: Floats
    """Of each token; they sum to 1 over a text, or are all 0 where it is empty."""


def match(hypotheses: Weighted, references: Weighted, left: Ints, right: Ints) -> Floats:
    """Precision, recall and F1 of pairs, float64 of shape [len(left), 3], from 0 to 1.

    Pair i is hypothesis ``left[i]`` with reference ``right[i]``. All three are 0 where one of the
    two is empty; F1 is 0 where precision or recall is. A pair's values depend on its own two texts
    alone, to the last bit.
    """
    means = np.zeros((2, len(left)))
    own, own_bounds, own_weights = _parts(hypotheses)
    other, other_bounds, other_weights = _parts(references)
    for i, (h, r) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        a, b, c, d = own_bounds[h], own_bounds[h + 1], other_bounds[r], other_bounds[r + 1]
        mine, theirs = own_weights[a:b], other_weights[c:d]
        if mine.any() and theirs.any():
            cosines = own[a:b] @ other[c:d].T
            means[0, i] = cosines.max(axis=1) @ mine
            means[1, i] = cosines.max(axis=0) @ theirs
    precision, recall = np.clip(means, 0.0, 1.0)
    both = (precision > 0) & (recall > 0)
    product, total = 2 * precision * recall, precision + recall
    f1 = np.divide(product, total, out=np.zeros(len(left)), where=both)
    return np.stack([precision, recall, f1], axis=1)


def _parts(side: Weighted) -> tuple[NDArray[np.float32], list[int], Floats]:
    return side.tokens.vectors, side.tokens.offsets.tolist(), side.weights
