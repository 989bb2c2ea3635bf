"""Random bits of resampling trials, the same for a trial however many are drawn at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError

__all__ = [
    "draw_units",
    "require_seed",
    "require_trials",
    "swap_bits",
    "swap_words",
    "swapped_sums",
]

_WORDS_A_STEP = 4
"""Philox gives four words of 64 bits for each step of its counter."""
_UNITS = 1 << 14
"""Units whose bits are unpacked together; a multiple of 8."""
_TRIALS = 512
"""Trials whose bits are drawn together to be turned; a multiple of 64."""


def require_seed(seed: int) -> None:
    """Raise a :class:`UsageError` unless ``seed`` is a natural number."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"a seed is an integer of at least 0, not {seed!r}")


def require_trials(trials: int) -> None:
    """Raise a :class:`UsageError` unless ``trials`` is a positive integer."""
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise UsageError(f"the number of trials is an integer of at least 1, not {trials!r}")


def _words(seed: int, purpose: int, start: int, stop: int, words: int) -> NDArray[np.uint64]:
    """Words of the trials from ``start`` to before ``stop``; uint64 of shape [trials, words]."""
    steps = -(-words // _WORDS_A_STEP)
    source = np.random.Philox(np.random.SeedSequence([purpose, seed]))
    source.advance(start * steps)
    raw = source.random_raw((stop - start) * steps * _WORDS_A_STEP)
    return raw.reshape(stop - start, -1)[:, :words]


def swap_bits(units: int, start: int, stop: int, seed: int) -> NDArray[np.uint8]:
    """Which units each trial swaps, 1 with even chance; uint8 of shape [stop - start, units]."""
    return _unpacked(_octets(units, start, stop, seed), units)


def _octets(units: int, start: int, stop: int, seed: int) -> NDArray[np.uint8]:
    """The same, eight units to an octet; uint8 of shape [stop - start, at least units / 8]."""
    words = _words(seed, 0, start, stop, -(-units // 64))
    return np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)


def _unpacked(octets: NDArray[np.uint8], units: int) -> NDArray[np.uint8]:
    return np.unpackbits(octets, axis=1, count=units, bitorder="little")


def swapped_sums(
    rows: NDArray[np.floating[Any]], start: int, stop: int, seed: int
) -> NDArray[np.float64]:
    """Sums of the rows that each trial swaps; float64 of shape [stop - start, d].

    ``rows`` of shape [units, d] hold whole numbers whose sums are exact in their type, so that the
    number of units that are looked at together changes memory and time alone.
    """
    units = len(rows)
    octets = _octets(units, start, stop, seed)
    sums = np.zeros((stop - start, rows.shape[1]))
    for first in range(0, units, _UNITS):
        some = rows[first : first + _UNITS]
        bits = _unpacked(octets[:, first // 8 : (first + _UNITS) // 8], len(some))
        sums += bits.astype(rows.dtype) @ some
    return sums


def swap_words(units: int, start: int, stop: int, seed: int) -> NDArray[np.uint64]:
    """The bits of :func:`swap_bits` by unit; uint64 of shape [units, ceil((stop - start) / 64)].

    Trial ``start + t`` is bit ``t % 64`` of word ``t // 64``; bits beyond the last trial are 0.
    """
    from showcase_bench.stats.mask_kernels import turn

    turned = np.zeros((units, -(-(stop - start) // 64)), dtype=np.uint64)
    for first in range(start, stop, _TRIALS):
        words = _words(seed, 0, first, min(first + _TRIALS, stop), -(-units // 64))
        turn(words, turned[:, (first - start) // 64 :])
    return turned


def draw_units(units: int, start: int, stop: int, seed: int, column: int) -> NDArray[np.int64]:
    """Units drawn with replacement, as many as there are; int64 of shape [stop - start, units].

    ``column`` tells apart draws of one trial. The chances of two units differ by at most
    ``units / 2**32`` of them.
    """
    words = np.ascontiguousarray(_words(seed, 1 + column, start, stop, -(-units // 2)))
    # The upper half of the product with 32 random bits is below ``units``.
    drawn = words.astype("<u8", copy=False).view("<u4")[:, :units].astype(np.uint64)
    drawn *= np.uint64(units)
    drawn >>= np.uint64(32)
    return drawn.view(np.int64)
