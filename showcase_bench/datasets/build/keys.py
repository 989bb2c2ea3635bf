"""Hashes that stand for ids, and that decide orders and shares.

All are BLAKE2b, so they are the same on every machine and in every process. Distinct users,
restaurants and photos are counted by 64-bit hashes: among the paper's 4.4 million photos the
chance that any two meet is below one in a million.
"""

from __future__ import annotations

import hashlib

__all__ = ["draw", "key64", "share"]

_SEPARATOR = "\0"


def key64(text: str) -> int:
    """Hash of a text, 0 to 2**64 - 1."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def draw(seed: int, *parts: str) -> int:
    """Hash of a seed and of texts without NUL, 0 to 2**64 - 1."""
    return key64(_SEPARATOR.join((str(seed), *parts)))


def share(seed: int, *parts: str) -> float:
    """Number from 0 to 1 drawn by a hash of a seed and of texts without NUL."""
    return draw(seed, *parts) / 2**64
