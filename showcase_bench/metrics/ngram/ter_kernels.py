"""Edits of the translation edit rate; compiled.

Words are inserted, deleted, replaced, or moved in blocks, each at a cost of 1. The moves are found
greedily (Snover et al. 2006), within limits that are part of what the metric is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.ngram.ter_alignment import (
    ANYWHERE,
    WORD,
    Ints,
    Tokens,
    band,
    distance,
    fill,
    masks_of,
    trace,
)

__all__ = ["LONGEST_WITH_MOVES", "edit_counts"]

LONGEST_WITH_MOVES = 2_000
"""Where the text or the reference has more tokens than this, no moves are searched."""

_LONGEST_BLOCK = 10
_FARTHEST = 50
_MOST_TRIALS = 1_000


class _Search(NamedTuple):
    """What the search for moves works on; the arrays are changed in place."""

    text: Tokens
    """The text after the moves so far."""
    reference: Tokens
    low: Ints
    high: Ints
    costs: NDArray[np.int32]
    masks: NDArray[np.uint64]
    """Only for references of at most 64 tokens."""
    aligned: Ints
    errors: Ints
    reference_errors: Ints
    tried: Tokens
    tried_masks: NDArray[np.uint64]
    tried_costs: NDArray[np.int32]
    best: Ints
    """Gain, block, start and target of the best move; a gain of 0 where there is none."""


@kernel
def edit_counts(
    ids: Tokens,
    starts: Ints,
    lengths: Ints,
    hypotheses: Ints,
    references: Ints,
    offsets: Ints,
) -> Ints:
    """Count the edits that turn each text into each of its references; int64 of shape [m].

    Parameters
    ----------
    ids, starts, lengths
        Tokens by row of a table, see :class:`~showcase_bench.metrics.text.table.TokenIds`.
    hypotheses, references, offsets
        Which rows belong together, see :class:`~showcase_bench.metrics.batch.Pairing`.
    """
    edits = np.zeros(len(references), np.int64)
    costs = np.empty((1, 1), np.int32)
    for i in range(len(hypotheses)):
        start, length = starts[hypotheses[i]], lengths[hypotheses[i]]
        text = ids[start : start + length]
        for j in range(offsets[i], offsets[i + 1]):
            first, size = starts[references[j]], lengths[references[j]]
            reference = ids[first : first + size]
            if length == 0 or size == 0:
                edits[j] = max(length, size)
                continue
            movable = max(length, size) <= LONGEST_WITH_MOVES
            rows = length + 1 if movable else 2
            if costs.shape[0] < rows or costs.shape[1] <= size:
                wide = max(costs.shape[1], size + 1)
                costs = np.empty((max(costs.shape[0], rows), wide), np.int32)
            if movable:
                edits[j] = _edits_with_moves(text, reference, costs)
            else:
                low, high = band(length, size)
                edits[j] = fill(text, reference, low, high, costs[:2], 0)
    return edits


@kernel
def _edits_with_moves(text: Tokens, reference: Tokens, costs: NDArray[np.int32]) -> int:
    """Moves made, plus the cost of the alignment after them."""
    length, size = len(text), len(reference)
    low, high = band(length, size)
    search = _Search(
        text.copy(),
        reference,
        low,
        high,
        costs,
        masks_of(text, reference[:WORD]),
        np.empty(size, np.int64),
        np.empty(length + 1, np.int64),
        np.empty(size + 1, np.int64),
        np.empty_like(text),
        np.empty(length, np.uint64),
        np.empty((2, size + 1), np.int32),
        np.zeros(4, np.int64),
    )
    cost = fill(search.text, reference, low, high, costs, 0)
    moves, trials = 0, 0
    # A move that leaves nothing to do costs as much as the one edit that it saves.
    while cost > 1:
        trials = _find_move(search, cost, trials)
        gain, block = search.best[0], search.best[1]
        start, target = search.best[2], search.best[3]
        if gain == 0 or trials >= _MOST_TRIALS:
            break
        landing = _landing(start, block, target, length)
        _move(search.text, start, block, landing, search.tried)
        search.text[:] = search.tried
        _move(search.masks, start, block, landing, search.tried_masks)
        search.masks[:] = search.tried_masks
        cost = fill(search.text, reference, low, high, costs, min(start, landing))
        moves += 1
    return moves + cost


@kernel
def _find_move(search: _Search, cost: int, trials: int) -> int:
    """Set ``search.best`` to the move that lowers ``cost`` most and return the trials made so far.

    A block that equals a part of the reference is moved to where that part is aligned, if both
    contain an error and it is not there already. Of equal gains the longer block wins, then the
    earlier one, then the earlier target.
    """
    text, reference, aligned = search.text, search.reference, search.aligned
    errors, reference_errors = search.errors, search.reference_errors
    trace(text, reference, search.costs, aligned, errors, reference_errors)
    search.best[:] = 0
    for start in range(len(text)):
        end = min(len(reference), start + _FARTHEST + 1)
        for place in range(max(0, start - _FARTHEST), end):
            longest = min(_LONGEST_BLOCK, len(text) - start, len(reference) - place)
            for block in range(1, longest + 1):
                if text[start + block - 1] != reference[place + block - 1]:
                    break
                if (
                    errors[start + block] > errors[start]
                    and reference_errors[place + block] > reference_errors[place]
                    and not start <= aligned[place] < start + block
                ):
                    trials = _try_targets(search, cost, start, place, block, trials)
                    if trials >= _MOST_TRIALS:
                        return trials
    return trials


@kernel
def _try_targets(
    search: _Search, cost: int, start: int, place: int, block: int, trials: int
) -> int:
    """Try a block before, and after each token of, the part of the reference that it equals."""
    best = search.best
    previous = -1
    for offset in range(-1, block):
        target = 0 if place + offset < 0 else search.aligned[place + offset] + 1
        if target == previous:
            continue
        previous = target
        trials += 1
        wins_ties = best[0] > 0 and (block, -start, -target) > (best[1], -best[2], -best[3])
        needed = best[0] if wins_ties else best[0] + 1
        landing = _landing(start, block, target, len(search.text))
        # Taking as many tokens out and putting them in again would do as well as the move.
        if cost <= ANYWHERE and 2 * min(block, abs(landing - start)) < needed:
            continue
        after = _cost_after(search, start, block, landing, cost - needed)
        if cost - after >= needed:
            best[0], best[1], best[2], best[3] = cost - after, block, start, target
    return trials


@kernel
def _cost_after(search: _Search, start: int, block: int, landing: int, limit: int) -> int:
    """Cost of the alignment after a move, or a number above ``limit``."""
    size = len(search.reference)
    if size <= WORD:
        _move(search.masks, start, block, landing, search.tried_masks)
        cost = distance(search.tried_masks, size, limit)
        if cost <= ANYWHERE or cost > limit:
            return cost
    _move(search.text, start, block, landing, search.tried)
    first = min(start, landing)
    search.tried_costs[first % 2] = search.costs[first, : size + 1]
    return fill(search.tried, search.reference, search.low, search.high, search.tried_costs, first)


@kernel
def _landing(start: int, block: int, target: int, length: int) -> int:
    """Where the block starts after it was moved to stand before the token at ``target``.

    A target within the block, or at its end, moves it on by as many tokens as lie before it there.
    """
    if target > start + block:
        return target - block
    return min(target, length - block)


@kernel
def _move(
    source: NDArray[np.generic], start: int, block: int, landing: int, result: NDArray[np.generic]
) -> None:
    """Copy ``source`` to ``result`` with a block taken out and put back in at ``landing``."""
    shift = block if landing > start else -block
    begin, end = min(start, landing), max(start, landing) + block
    for p in range(begin):
        result[p] = source[p]
    for p in range(begin, end):
        result[p] = source[p + shift] if begin <= p + shift < end else source[p]
    for p in range(end, len(source)):
        result[p] = source[p]
    for p in range(block):
        result[landing + p] = source[start + p]
