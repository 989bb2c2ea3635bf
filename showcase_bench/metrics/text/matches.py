"""N-grams that a text shares with its references; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.text.hashing import FREE, slot_of, table_size

__all__ = ["shared_ngrams"]

Ints = NDArray[np.int64]


@kernel
def shared_ngrams(
    ids: NDArray[np.int32],
    starts: Ints,
    lengths: Ints,
    types: int,
    hypotheses: Ints,
    references: Ints,
    offsets: Ints,
    order: int,
) -> tuple[Ints, Ints]:
    """Count the n-grams that each text shares with its references, up to ``order`` tokens long.

    Parameters
    ----------
    ids, starts, lengths
        Tokens by row of a table, see :class:`~showcase_bench.metrics.text.table.TokenIds`.
    types
        Every id is below this number.
    hypotheses, references, offsets
        Which rows belong together, see :class:`~showcase_bench.metrics.batch.Pairing`.

    Returns
    -------
    clipped
        int64 of shape [n, order]: over the distinct n-grams of the text, the sum of the smaller of
        its count there and its largest count in one reference. Zeros without a reference.
    shared
        int64 of shape [m, order]: the same with each reference alone.
    """
    clipped = np.zeros((len(hypotheses), order), np.int64)
    shared = np.zeros((len(references), order), np.int64)
    longest, widest = 1, 1
    for i in range(len(hypotheses)):
        longest = max(longest, lengths[hypotheses[i]])
        widest = max(widest, lengths[references[offsets[i] : offsets[i + 1]]].sum())
    local = np.full(types, -1, np.int64)
    own, own_units = np.empty(longest, np.int64), np.empty(longest, np.int64)
    other, other_units = np.empty(widest, np.int64), np.empty(widest, np.int64)
    keys, numbers = np.empty(table_size(longest), np.int64), np.empty(table_size(longest), np.int64)
    counts = np.empty((3, longest), np.int64)
    for i in range(len(hypotheses)):
        start, length = starts[hypotheses[i]], lengths[hypotheses[i]]
        text = ids[start : start + length]
        distinct = 0
        for p in range(length):
            if local[text[p]] < 0:
                local[text[p]] = distinct
                distinct += 1
            own[p] = own_units[p] = local[text[p]]
        end = 0
        for j in range(offsets[i], offsets[i + 1]):
            first = starts[references[j]]
            for p in range(lengths[references[j]]):
                other[end] = other_units[end] = local[ids[first + p]]
                end += 1
        local[text] = -1
        width, mask = distinct, table_size(length) - 1
        for level in range(min(order, length)):
            if level:
                keys[: mask + 1] = FREE
                distinct = _lengthen(
                    own[:length], own_units, level, width, keys, numbers, mask, True
                )
            count, here, best = counts[0, :distinct], counts[1, :distinct], counts[2, :distinct]
            _tally(own[: length - level], count)
            best[:] = 0
            end = 0
            for j in range(offsets[i], offsets[i + 1]):
                tokens = lengths[references[j]]
                grams, units = other[end : end + tokens], other_units[end : end + tokens]
                end += tokens
                if level:
                    _lengthen(grams, units, level, width, keys, numbers, mask, False)
                _tally(grams[: max(tokens - level, 0)], here)
                for gram in range(distinct):
                    same = min(count[gram], here[gram])
                    shared[j, level] += same
                    best[gram] = max(best[gram], same)
            clipped[i, level] = best.sum()
    return clipped, shared


@kernel
def _lengthen(
    grams: Ints,
    units: Ints,
    level: int,
    width: int,
    keys: Ints,
    numbers: Ints,
    mask: int,
    add: bool,
) -> int:
    """Turn numbers of n-grams of ``level`` tokens into those of n-grams one token longer, in place.

    Unknown n-grams become -1, or new ones where ``add``; returns how many were new.
    """
    new = 0
    for p in range(len(grams) - level):
        if grams[p] < 0 or units[p + level] < 0:
            grams[p] = -1
            continue
        place = slot_of(keys, mask, grams[p] * width + units[p + level])
        if keys[place] == FREE and add:
            keys[place] = grams[p] * width + units[p + level]
            numbers[place] = new
            new += 1
        grams[p] = -1 if keys[place] == FREE else numbers[place]
    return new


@kernel
def _tally(grams: Ints, counts: Ints) -> None:
    """Set ``counts`` to how often each number occurs; negative ones are left out."""
    counts[:] = 0
    for gram in grams:
        if gram >= 0:
            counts[gram] += 1
