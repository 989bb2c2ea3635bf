"""Randomness that never changes: a counter through the SplitMix64 mixer.

numpy's distributions may give other streams in other versions; this generator is integer
arithmetic only, so the same labels give the same draws everywhere. Mixer: Steele, Lea, Flood,
"Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TypeVar

__all__ = ["Stream", "mix", "total"]

T = TypeVar("T")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_TO_UNIT = 1.0 / (1 << 53)


def total(values: Iterable[float]) -> float:
    """Sum from left to right; ``sum`` rounds differently from Python 3.12 on."""
    whole = 0.0
    for value in values:
        whole += value
    return whole


def mix(value: int) -> int:
    """Bijective scrambling of a 64-bit integer."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def _label(part: int | str) -> int:
    if isinstance(part, int):
        return mix((part + _STEP) & _MASK)
    key = mix(len(part) + 1)
    for byte in part.encode():
        key = mix((key * 257 + byte + 1) & _MASK)
    return key


class Stream:
    """Draws that depend on the labels and on how many draws came before, on nothing else.

    Parameters
    ----------
    labels
        Integers or strings that name the stream, such as ``(seed, "user", 17)``.
    """

    __slots__ = ("_count", "_key")

    def __init__(self, *labels: int | str) -> None:
        key = _STEP
        for part in labels:
            key = mix((key * 3 + _label(part)) & _MASK)
        self._key = key
        self._count = 0

    def bits(self) -> int:
        """A 64-bit integer."""
        self._count += 1
        return mix((self._key + self._count * _STEP) & _MASK)

    def unit(self) -> float:
        """A float in [0, 1) with 53 random bits."""
        return (self.bits() >> 11) * _TO_UNIT

    def between(self, low: float, high: float) -> float:
        """A float in [low, high)."""
        return low + (high - low) * self.unit()

    def below(self, n: int) -> int:
        """An integer in 0..n-1; ``n`` is at least 1."""
        return (self.bits() >> 11) * n >> 53

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.unit() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of ``items``, which must not be empty."""
        return items[self.below(len(items))]

    def weighted(self, weights: Sequence[float]) -> int:
        """An index with probability proportional to its weight; weights are not negative.

        All weights zero: every index is equally likely.
        """
        sums = list(accumulate(weights))
        if sums[-1] <= 0.0:
            return self.below(len(weights))
        point = self.unit() * sums[-1]
        for index, bound in enumerate(sums):
            if point < bound:
                return index
        return max(index for index, weight in enumerate(weights) if weight > 0.0)

    def sample(self, items: Sequence[T], n: int) -> list[T]:
        """At most ``n`` of ``items``, in random order, none twice."""
        left = list(items)
        count = min(n, len(left))
        for index in range(count):
            other = index + self.below(len(left) - index)
            left[index], left[other] = left[other], left[index]
        return left[:count]
