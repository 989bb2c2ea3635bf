"""Counting different items in many swapped sets at once, 64 trials to a word; compiled.

List i, of n, is what the first system gave for example i, and list n + i what the second gave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["count_holders", "count_present", "list_holders"]

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
_NOBODY = -1
_TRIALS = 64
_BLOCK = 8
"""Words of an example that share a line of the processor's cache."""
_PLANES = 40
_ONE = np.uint64(1)
_NO_TRIAL = np.uint64(0)
_ALL_TRIALS = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


@kernel
def count_holders(bounds: Ints, items: Ints, size: int) -> tuple[Numbers, Flags]:
    """Count the lists that hold each item, and find the items in both lists of some example.

    Parameters
    ----------
    bounds
        List l holds ``items[bounds[l] : bounds[l + 1]]``; int64 of shape [2 n + 1].
    items
        Each below ``size``; one that a list repeats counts once.

    Returns
    -------
    counts
        int32 of shape [size].
    both
        bool of shape [size].
    """
    n = len(bounds) // 2
    counts = np.zeros(size, np.int32)
    both = np.zeros(size, np.bool_)
    last = np.full(size, _NOBODY, np.int32)
    for example in range(n):
        for one in (example, n + example):
            for p in range(bounds[one], bounds[one + 1]):
                item = items[p]
                if last[item] != one:
                    if one >= n and last[item] == example:
                        both[item] = True
                    last[item] = one
                    counts[item] += 1
    return counts, both


@kernel
def list_holders(bounds: Ints, items: Ints, place: Ints, starts: Ints) -> Numbers:
    """The lists that hold each item that has a place; int32 of shape [starts[-1]].

    Those of the item at place s begin at ``starts[s]``; a place of -1 is none. For ``bounds`` and
    ``items`` see :func:`count_holders`.
    """
    n = len(bounds) // 2
    holders = np.empty(starts[-1], np.int32)
    free = starts.copy()
    for example in range(n):
        for one in (example, n + example):
            for p in range(bounds[one], bounds[one + 1]):
                at = place[items[p]]
                if at >= 0 and (free[at] == starts[at] or holders[free[at] - 1] != one):
                    holders[free[at]] = one
                    free[at] += 1
    return holders


@kernel
def count_present(masks: Words, starts: Ints, holders: Numbers, levels: Ints) -> Ints:
    """Number of different items in each of the two swapped sets, by trial.

    A word is 64 trials. For each item it is found in which of them some of its lists are in the
    swapped set, and the resulting bits are added up by adders of bits that carry: two of a kind
    make one of the next, so that an item costs one addition on average, for all 64 trials.

    Parameters
    ----------
    masks
        Bit t of the words of example i says whether trial t swaps it; uint64 of shape [n, words].
    starts, holders
        The lists that hold item s are ``holders[starts[s] : starts[s + 1]]``.
    levels
        An item from ``levels[k]`` to before ``levels[k + 1]`` counts ``2 ** k`` times; int64.

    Returns
    -------
    ndarray
        int64 of shape [2, 64 words]: of the first and the second swapped set.
    """
    n, words = masks.shape
    counts = np.zeros((2, words * _TRIALS), np.int64)
    # By list: the trials in which it is in the second swapped set.
    columns = np.empty((_BLOCK, 2 * n), np.uint64)
    sums = np.zeros((2, _PLANES), np.uint64)
    waiting = np.zeros((2, _PLANES), np.uint64)
    for start in range(0, words, _BLOCK):
        width = min(_BLOCK, words - start)
        for example in range(n):
            for w in range(width):
                columns[w, example] = masks[example, start + w]
                columns[w, n + example] = ~masks[example, start + w]
        for w in range(width):
            trials = slice((start + w) * _TRIALS, (start + w + 1) * _TRIALS)
            for level in range(len(levels) - 1):
                sure, added = 0, 0
                for item in range(levels[level], levels[level + 1]):
                    some, every = _NO_TRIAL, _ALL_TRIALS
                    for p in range(starts[item], starts[item + 1]):
                        bits = columns[w, holders[p]]
                        some |= bits
                        every &= bits
                        if p % 8 == 0 and some == _ALL_TRIALS and every == _NO_TRIAL:
                            break
                    if some == _ALL_TRIALS and every == _NO_TRIAL:
                        sure += 1
                    else:
                        _add(sums[0], waiting[0], added, ~every)
                        _add(sums[1], waiting[1], added, some)
                        added += 1
                for side in range(2):
                    _drain(sums[side], waiting[side], added, sure, level, counts[side, trials])
    return counts


@kernel
def _add(sums: Words, waiting: Words, added: int, bits: np.uint64) -> None:
    """Add the bits of an item to the sums of those ``added`` before.

    Bits worth ``2 ** k`` are in ``sums[k]``, or wait in ``waiting[k]`` for the next of their kind.
    """
    k = 0
    while added >> k & 1:
        differ = sums[k] ^ waiting[k]
        carry = sums[k] & waiting[k] | differ & bits
        sums[k] = differ ^ bits
        bits = carry
        k += 1
    waiting[k] = bits


@kernel
def _drain(sums: Words, waiting: Words, added: int, sure: int, level: int, counts: Ints) -> None:
    """Empty the sums into the counts of 64 trials, each worth ``2 ** level``."""
    for trial in range(_TRIALS):
        counts[trial] += sure << level
    k = 0
    while added >> k:
        for trial in range(_TRIALS):
            bit = np.uint64(trial)
            counts[trial] += np.int64(sums[k] >> bit & _ONE) << (level + k)
            if added >> k & 1:
                counts[trial] += np.int64(waiting[k] >> bit & _ONE) << (level + k)
        sums[k] = 0
        k += 1
