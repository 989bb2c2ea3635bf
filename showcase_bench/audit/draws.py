"""Choices that look random and follow from a seed, a fault and an example alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Draws", "share"]

T = TypeVar("T", int, str)


@dataclass(frozen=True)
class Draws:
    """Draws of one fault by SHA-256, the same on every machine and in any order of asking."""

    seed: int
    fault: str

    def number(self, *about: str | int) -> int:
        """A number of 256 bits that depends on the seed, the fault and what it is about."""
        key = "\0".join([str(self.seed), self.fault, *map(str, about)])
        return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest(), "big")

    def ordered(self, items: Iterable[T], *about: str | int) -> list[T]:
        """The items, which are distinct, in a drawn order."""
        return sorted(items, key=lambda item: self.number(*about, item))


def share(strength: float, n: int) -> int:
    """The share ``strength`` of ``n`` as a whole number, halves up; never falls with strength."""
    return min(int(strength * n + 0.5), n)
