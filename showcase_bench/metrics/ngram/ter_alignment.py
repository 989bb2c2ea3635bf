"""Alignment of a text with a reference at the least cost, within a band; compiled.

Inserting, deleting or replacing a token costs 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["ANYWHERE", "WORD", "Ints", "Tokens", "band", "distance", "fill", "masks_of", "trace"]

Ints = NDArray[np.int64]
Tokens = NDArray[np.int32]

WORD = 64
"""Longest reference that :func:`distance` takes, in tokens."""
_HALF_WIDTH = 25
ANYWHERE = _HALF_WIDTH - 2
"""Alignments of at most this cost stay within the band, however its centre is rounded."""
_UNREACHED = 1 << 29


@kernel
def band(length: int, size: int) -> tuple[Ints, Ints]:
    """First column, and the one after the last, of each row of the table of costs.

    The band is 50 columns wide around the diagonal, wider where the reference is more than 50
    times as long as the text; the last row has all columns up to the end. Both int64 of shape
    [length + 1].
    """
    low, high = np.zeros(length + 1, np.int64), np.full(length + 1, size + 1, np.int64)
    slope = size / length
    half = _HALF_WIDTH
    if slope / 2 > _HALF_WIDTH:
        half = int(np.ceil(slope / 2 + _HALF_WIDTH))
    for row in range(1, length + 1):
        centre = int(np.floor(row * slope))
        low[row] = max(0, centre - half)
        if row < length:
            high[row] = min(size + 1, centre + half)
    return low, high


@kernel
def fill(
    text: Tokens, reference: Tokens, low: Ints, high: Ints, costs: NDArray[np.int32], first: int
) -> int:
    """Fill the rows after ``first`` of the table of costs and return the cost of the whole.

    Row i, for the first i tokens of the text, is kept at i modulo the number of rows, which is 2
    or more. Row ``first`` stands already, but row 0 is filled too.
    """
    rows, size = len(costs), len(reference)
    if first == 0:
        for column in range(size + 1):
            costs[0, column] = column
    for row in range(first + 1, len(text) + 1):
        above, here = costs[(row - 1) % rows], costs[row % rows]
        begin, end = low[row], high[row]
        above[high[row - 1] : end] = _UNREACHED
        if low[row - 1] > 0:
            above[low[row - 1] - 1] = _UNREACHED
        left = np.int32(_UNREACHED)
        if begin == 0:
            left = here[0] = np.int32(above[0] + 1)
            begin = 1
        token = text[row - 1]
        for column in range(begin, end):
            cost = above[column - 1] + (token != reference[column - 1])
            cost = min(cost, above[column] + 1, left + 1)
            here[column] = left = np.int32(cost)
    return int(costs[len(text) % rows, size])


@kernel
def trace(
    text: Tokens,
    reference: Tokens,
    costs: NDArray[np.int32],
    aligned: Ints,
    errors: Ints,
    reference_errors: Ints,
) -> None:
    """Follow the alignment backwards; of equally cheap steps a pair, then a deletion.

    Parameters
    ----------
    costs
        The filled table, with all its rows; what lies outside of the band is large.
    aligned
        Receives, for each token of the reference, the token of the text that stands for it, or
        the one before the gap; -1 before the first.
    errors, reference_errors
        Receive how many of the first i tokens are not matched, for i from 0 to all.
    """
    row, column = len(text), len(reference)
    while row > 0 or column > 0:
        cost = costs[row, column]
        paired = False
        if row > 0 and column > 0:
            different = text[row - 1] != reference[column - 1]
            paired = costs[row - 1, column - 1] + different == cost
        if paired:
            row, column = row - 1, column - 1
            aligned[column] = row
            errors[row + 1] = reference_errors[column + 1] = int(different)
        elif row > 0 and costs[row - 1, column] + 1 == cost:
            row -= 1
            errors[row + 1] = 1
        else:
            column -= 1
            aligned[column] = row - 1
            reference_errors[column + 1] = 1
    errors[0] = reference_errors[0] = 0
    for p in range(len(text)):
        errors[p + 1] += errors[p]
    for p in range(len(reference)):
        reference_errors[p + 1] += reference_errors[p]


@kernel
def masks_of(text: Tokens, reference: Tokens) -> NDArray[np.uint64]:
    """Of each token of the text, the places in the reference that are equal, as bits."""
    masks = np.zeros(len(text), np.uint64)
    for q in range(len(reference)):
        bit = np.uint64(1) << np.uint64(q)
        for p in range(len(text)):
            if text[p] == reference[q]:
                masks[p] |= bit
    return masks


@kernel
def distance(masks: NDArray[np.uint64], size: int, limit: int) -> int:
    """Cost of the best alignment in or out of the band, or a number above ``limit``.

    A bit per token of the reference, of which there are ``size``, 1 to 64 (Hyyrö 2003).
    """
    one = np.uint64(1)
    last = one << np.uint64(size - 1)
    more, less = ~np.uint64(0), np.uint64(0)
    cost, left = size, len(masks)
    for matches in masks:
        same = (((matches & more) + more) ^ more) | matches | less
        up = less | ~(same | more)
        down = same & more
        left -= 1
        if up & last:
            cost += 1
        elif down & last:
            cost -= 1
        if cost - left > limit:
            break
        up = (up << one) | one
        more = (down << one) | ~(same | up)
        less = up & same
    return cost
