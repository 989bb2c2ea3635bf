"""Numbering the n-grams of many texts and counting them, text by text; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.text.hashing import FREE, doubled, slot_of

__all__ = ["count_each", "number_longer"]

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
_SMALLEST = 1 << 12


@kernel
def number_longer(
    shorter: Numbers, tokens: Numbers, types: int, offsets: Ints, level: int
) -> tuple[Numbers, Numbers]:
    """Number the n-grams that are one token longer than those at hand.

    Parameters
    ----------
    shorter
        Number of the n-gram of ``level`` tokens that starts at each token; int32.
    tokens
        Ids of the tokens, each below ``types``.
    offsets
        Text d holds the tokens ``offsets[d]`` to ``offsets[d + 1]``; n-grams do not cross texts.

    Returns
    -------
    longer
        Number of the n-gram of ``level + 1`` tokens that starts at each token, in order of first
        appearance; what it holds where no such n-gram starts has no meaning.
    stems
        Number of the shorter n-gram that each begins with; int32 of shape [n-grams].
    """
    longer = np.zeros(len(shorter), np.int32)
    stems = np.empty(_SMALLEST, np.int32)
    keys = np.full(2 * _SMALLEST, FREE, np.int64)
    values = np.empty(2 * _SMALLEST, np.int32)
    found = 0
    for d in range(len(offsets) - 1):
        for p in range(offsets[d], offsets[d + 1] - level):
            key = np.int64(shorter[p]) * types + tokens[p + level]
            place = slot_of(keys, len(keys) - 1, key)
            if keys[place] == FREE:
                if found == len(stems):
                    stems = np.concatenate((stems, np.empty(found, np.int32)))
                    keys, values = doubled(keys, values)
                    place = slot_of(keys, len(keys) - 1, key)
                keys[place], values[place] = key, found
                stems[found] = shorter[p]
                found += 1
            longer[p] = values[place]
    return longer, stems[:found].copy()


@kernel
def count_each(numbers: Numbers, offsets: Ints, level: int) -> tuple[Ints, Numbers, Numbers]:
    """Count the n-grams of ``level`` tokens in each text.

    Returns the bounds of each text (int64 of shape [texts + 1]) in the two other arrays: its
    distinct n-grams in ascending order, and how often it has them (int32).
    """
    bounds = np.zeros(len(offsets), np.int64)
    total = 0
    for d in range(len(offsets) - 1):
        total += max(offsets[d + 1] - offsets[d] - level + 1, 0)
    distinct, counts = np.empty(total, np.int32), np.empty(total, np.int32)
    at = 0
    for d in range(len(offsets) - 1):
        end = offsets[d + 1] - level + 1
        if end > offsets[d]:
            ordered = np.sort(numbers[offsets[d] : end])
            for p in range(len(ordered)):
                if p and ordered[p] == ordered[p - 1]:
                    counts[at - 1] += 1
                else:
                    distinct[at], counts[at] = ordered[p], 1
                    at += 1
        bounds[d + 1] = at
    return bounds, distinct[:at].copy(), counts[:at].copy()
