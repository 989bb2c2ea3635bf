"""Turning a matrix of bits, 64 by 64 at a time; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["turn"]

Words = NDArray[np.uint64]
_SIDE = 64
_HALVES = 32
_LOWER_HALF = np.uint64(0x0000_0000_FFFF_FFFF)


@kernel
def turn(words: Words, turned: Words) -> None:
    """Transpose a matrix of bits: bit c of row r becomes bit r of row c.

    Bit i of a row is bit ``i % 64`` of its word ``i // 64``.

    Parameters
    ----------
    words
        uint64 of shape [rows, columns / 64].
    turned
        uint64 of shape [columns or fewer, at least rows / 64], written to; bits beyond the last
        row become 0.
    """
    rows = len(words)
    square = np.empty(_SIDE, np.uint64)
    # Columns outside: their rows of ``turned`` then stay in the processor's cache.
    for left in range(words.shape[1]):
        for above in range(0, rows, _SIDE):
            for i in range(_SIDE):
                square[i] = words[above + i, left] if above + i < rows else np.uint64(0)
            _turn_square(square)
            column = left * _SIDE
            for i in range(min(_SIDE, len(turned) - column)):
                turned[column + i, above // _SIDE] = square[i]


@kernel
def _turn_square(square: Words) -> None:
    """Transpose 64 words in place, by swapping ever smaller blocks (Warren 2012, section 7-3)."""
    size, mask = _HALVES, _LOWER_HALF
    while size:
        shift = np.uint64(size)
        i = 0
        while i < _SIDE:
            differ = ((square[i] >> shift) ^ square[i + size]) & mask
            square[i] ^= differ << shift
            square[i + size] ^= differ
            i += 1
            if i & size:
                i += size
        size >>= 1
        mask ^= mask << np.uint64(size)
