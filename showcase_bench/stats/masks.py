"""Random bits of resampling trials, the same for a trial however many are drawn at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError

__all__ = ["draw_units", "require_seed", "require_trials", "swap_bits", "swap_words"]

_WORDS_A_STEP = 4
"""Philox gives four words of 64 bits for each step of its counter."""


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
    words = _words(seed, 0, start, stop, -(-units // 64))
    octets = np.ascontiguousarray(words).astype("<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=units, bitorder="little")


def swap_words(units: int, trials: int, seed: int) -> NDArray[np.uint64]:
    """The bits of :func:`swap_bits` by unit; uint64 of shape [units, ceil(trials / 64)].

    Trial t is bit ``t % 64`` of word ``t // 64``; bits beyond the last trial are 0.
    """
    packed = np.zeros((units, -(-trials // 64) * 8), dtype=np.uint8)
    for start in range(0, trials, 512):
        stop = min(start + 512, trials)
        bits = np.packbits(swap_bits(units, start, stop, seed), axis=0, bitorder="little")
        packed[:, start // 8 : start // 8 + len(bits)] = bits.T
    return packed.view("<u8").astype(np.uint64, copy=False)


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
