"""Numbering keys in a table of open addresses; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["FREE", "doubled", "slot_of", "table_size"]

FREE = -1
"""What a free place holds; keys are 0 or more."""


@kernel
def slot_of(keys: NDArray[np.int64], mask: int, key: int) -> int:
    """Place of ``key`` among the first mask + 1 places of ``keys``, or the free place for it.

    mask + 1 is a power of two, and at least one of the places is free.
    """
    mixed = ((key ^ (key >> 32)) * 0x45D9F3B3335B369) & 0x7FFFFFFFFFFFFFFF
    place = (mixed ^ (mixed >> 31)) & mask
    while keys[place] != FREE and keys[place] != key:
        place = (place + 1) & mask
    return place


@kernel
def table_size(members: int) -> int:
    """Smallest power of two that is at least twice ``members``, and at least 4."""
    size = 4
    while size < 2 * members:
        size *= 2
    return size


@kernel
def doubled(
    keys: NDArray[np.int64], values: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Move keys and values into a table of twice as many places."""
    size = 2 * len(keys)
    more, moved = np.full(size, FREE, np.int64), np.empty(size, np.int32)
    for at in range(len(keys)):
        if keys[at] != FREE:
            place = slot_of(more, size - 1, keys[at])
            more[place], moved[place] = keys[at], values[at]
    return more, moved
