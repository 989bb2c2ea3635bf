"""Numbering the n-grams of many texts and counting them, text by text; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.text.hashing import FREE, doubled, slot_of

__all__ = ["count_each", "number_known", "number_longer", "tally"]

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
_SMALLEST = 1 << 12


@kernel
def number_longer(
    shorter: Numbers, tokens: Numbers, types: int, offsets: Ints, level: int
) -> tuple[Numbers, Numbers, Ints, Numbers]:
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
    keys, values
        The numbers in a table of open addresses, by ``stem * types + last token``.
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
    return longer, stems[:found].copy(), keys, values


@kernel
def number_known(
    shorter: Numbers,
    tokens: Numbers,
    offsets: Ints,
    level: int,
    types: int,
    stems: int,
    keys: Ints,
    values: Numbers,
    size: int,
) -> Numbers:
    """Number n-grams one token longer than those at hand, as those of a corpus are numbered.

    Parameters
    ----------
    shorter, tokens, offsets, level
        As for :func:`number_longer`. Numbers below ``stems`` and tokens below ``types`` are those
        of the corpus, the others are not in it.
    keys, values
        The table of the corpus, see there; it has ``size`` n-grams of this length.

    Returns
    -------
    longer
        The number in the corpus; from ``size`` on, in order of first appearance, where it has no
        such n-gram.
    """
    longer = np.zeros(len(shorter), np.int32)
    own_keys, own_values = np.full(_SMALLEST, FREE, np.int64), np.empty(_SMALLEST, np.int32)
    wide, found = np.int64(types) + len(tokens) + 1, 0
    for d in range(len(offsets) - 1):
        for p in range(offsets[d], offsets[d + 1] - level):
            stem, token = np.int64(shorter[p]), tokens[p + level]
            if stem < stems and token < types:
                place = slot_of(keys, len(keys) - 1, stem * types + token)
                if keys[place] != FREE:
                    longer[p] = values[place]
                    continue
            key = stem * wide + token
            place = slot_of(own_keys, len(own_keys) - 1, key)
            if own_keys[place] == FREE:
                if 2 * found >= len(own_keys):
                    own_keys, own_values = doubled(own_keys, own_values)
                    place = slot_of(own_keys, len(own_keys) - 1, key)
                own_keys[place], own_values[place] = key, size + found
                found += 1
            longer[p] = own_values[place]
    return longer


@kernel
def tally(
    numbers: Numbers, offsets: Ints, example: Ints, level: int, size: int
) -> tuple[Ints, Numbers]:
    """Count the n-grams of ``level + 1`` tokens, and the examples that have them in some text.

    ``example`` is that of each text, ascending. Both are of shape [size], int64 and int32.
    """
    occurrences, examples = np.zeros(size, np.int64), np.zeros(size, np.int32)
    last = np.full(size, -1, np.int64)
    for d in range(len(offsets) - 1):
        for p in range(offsets[d], offsets[d + 1] - level):
            number = numbers[p]
            occurrences[number] += 1
            if last[number] != example[d]:
                last[number] = example[d]
                examples[number] += 1
    return occurrences, examples


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
