"""Photos that look alike: a 64-bit perceptual hash, and all pairs of hashes that are close.

The hash holds the signs of the 64 lowest frequencies of a photo's brightness (discrete cosine
transform, after Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
2010). It is computed in integers, so that it is the same on every platform. It survives another
size, another compression and a change of brightness; a mirrored or strongly cropped photo has
another hash.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.errors import UsageError

__all__ = [
    "HASH_NAME",
    "MAX_THRESHOLD",
    "THRESHOLD",
    "PhotoPrint",
    "distances",
    "near_pairs",
    "perceptual_hash",
    "photo_print",
]

HASH_NAME = "dct-sign-64|v:1"
"""Identity of the perceptual hash; a change of any bit makes a new version."""
THRESHOLD = 6
"""Two photos look alike when at most so many of the 64 bits differ."""
MAX_THRESHOLD = 15
"""Largest threshold that :func:`near_pairs` accepts."""

_SIDE = 32
_FLAT = 8
"""Grey levels; a photo with less between its darkest and its brightest part has no hash."""
_BANDS = 4
_BAND_BITS = 16
_BAND_MASK = np.uint64((1 << _BAND_BITS) - 1)
_CHUNK = 1 << 21
"""Pairs that are compared at a time."""
# The 64 lowest frequencies after the mean, and their integer cosines.
_FREQUENCIES = sorted(
    ((u, v) for u in range(11) for v in range(11 - u) if u + v),
    key=lambda pair: (sum(pair), pair),
)[:64]
_ROWS, _COLUMNS = (np.array(one) for one in zip(*_FREQUENCIES, strict=True))
_COSINES = np.array(
    [
        [round((1 << 14) * math.cos(math.pi * u * (2 * x + 1) / (2 * _SIDE))) for x in range(_SIDE)]
        for u in range(11)
    ],
    dtype=np.int64,
)
# Neighbouring frequencies go to different bands, so that no band has only the coarse ones.
_PLACES = [(j % _BANDS) * _BAND_BITS + j // _BANDS for j in range(64)]
_BITS_OF = np.array([i.bit_count() for i in range(1 << _BAND_BITS)], dtype=np.uint8)


class PhotoPrint(NamedTuple):
    """What identifies the content of a photo."""

    exact: bytes
    """Digest of size and pixels; equal for equal photos, whatever their files."""
    perceptual: int | None
    """See :func:`perceptual_hash`."""


def photo_print(pixels: NDArray[np.uint8]) -> PhotoPrint:
    """Compute both hashes of RGB ``pixels``, uint8 of shape [height, width, 3]."""
    digest = hashlib.blake2b(f"{pixels.shape}\n".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return PhotoPrint(digest.digest(), perceptual_hash(pixels))


def perceptual_hash(pixels: NDArray[np.uint8]) -> int | None:
    """64-bit hash of how a photo looks.

    Parameters
    ----------
    pixels
        RGB, uint8 of shape [height, width, 3], at least one pixel.

    Returns
    -------
    int or None
        From 0 to 2**64 - 1. None for a photo of practically one brightness: it has no structure
        by which to tell it from any other.
    """
    small = Image.fromarray(pixels).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.int64)
    if int(np.ptp(grey)) < _FLAT:
        return None
    waves = _COSINES @ grey @ _COSINES.T
    signs = (waves[_ROWS, _COLUMNS] > 0).tolist()
    return sum(1 << place for place, sign in zip(_PLACES, signs, strict=True) if sign)


def distances(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Count the bits in which hashes differ, 0 to 64; ``a`` and ``b`` broadcast."""
    different = np.bitwise_xor(a, b)
    total = np.zeros(different.shape, dtype=np.int64)
    for band in range(_BANDS):
        total += _BITS_OF[_band(different, band)]
    return total


def near_pairs(
    hashes: NDArray[np.uint64], threshold: int = THRESHOLD
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Find all pairs of hashes that differ in at most ``threshold`` bits.

    Of four bands of 16 bits, one at least differs in no more than a quarter of the threshold; only
    pairs that agree so far in a band are compared. Memory does not grow with the number of pairs.

    Parameters
    ----------
    hashes
        uint64 of shape [n]. Give distinct ones: equal hashes are pairs like all others.
    threshold
        0 to :data:`MAX_THRESHOLD`.

    Yields
    ------
    (left, right)
        Positions, ``left < right`` element by element; each pair once in all chunks together, in
        an order that depends on ``hashes`` alone. No chunks for fewer than two hashes.

    Raises
    ------
    UsageError
        ``threshold`` is out of range.
    """
    if not 0 <= threshold <= MAX_THRESHOLD:
        raise UsageError(
            f"the near-duplicate threshold is {threshold}; it must be 0 to {MAX_THRESHOLD} bits"
        )
    radius = threshold // _BANDS
    for band in range(_BANDS):
        for left, right in _agreeing(_band(hashes, band), radius):
            different = np.bitwise_xor(hashes[left], hashes[right])
            bits = [_BITS_OF[_band(different, other)] for other in range(_BANDS)]
            fresh = np.sum(bits, axis=0, dtype=np.int64) <= threshold
            for earlier in bits[:band]:
                fresh &= earlier > radius
            if fresh.any():
                yield left[fresh], right[fresh]


def _band(hashes: NDArray[np.uint64], band: int) -> NDArray[np.int64]:
    shifted = hashes >> np.uint64(band * _BAND_BITS)
    return (shifted & _BAND_MASK).astype(np.int64)


def _agreeing(
    keys: NDArray[np.int64], radius: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of positions whose 16-bit keys differ in at most ``radius`` bits, each once."""
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange((1 << _BAND_BITS) + 1))
    for flip in _flips(radius):
        partner = keys ^ flip
        first, length = starts[partner], starts[partner + 1] - starts[partner]
        for a, b in _chunks(length):
            sizes = length[a:b]
            left = np.repeat(np.arange(a, b), sizes)
            within = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            right = order[np.repeat(first[a:b], sizes) + within]
            once = left < right
            yield left[once], right[once]


def _flips(radius: int) -> Iterator[int]:
    for weight in range(radius + 1):
        for places in combinations(range(_BAND_BITS), weight):
            yield sum(1 << place for place in places)


def _chunks(lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut positions into runs whose lengths add up to about :data:`_CHUNK`; one at least a run."""
    ends = np.cumsum(lengths)
    a, done = 0, 0
    while a < len(lengths):
        b = max(a + 1, int(np.searchsorted(ends, done + _CHUNK, side="right")))
        done = int(ends[b - 1])
        yield a, b
        a = b
